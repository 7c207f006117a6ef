/** What a line of a build's log says is missing, as paths below the directory of the package that has it. */
export function missingFiles(line: string): readonly string[] {
  const header = /error: ([\w./+-]+\.(?:h|hh|hpp|hxx)): No such file or directory/.exec(line)?.[1];
  if (header !== undefined) return [`include/${header}`];
  const library = /cannot find -l([\w.+-]+)/.exec(line)?.[1];
  if (library !== undefined)
    return ["so", "a"].flatMap((end) => [`lib/lib${library}.${end}`, `lib64/lib${library}.${end}`]);
  const pkg = /Package '?([\w.+-]+)'?,? (?:required by .*, )?(?:was )?not found|No package '([\w.+-]+)' found/.exec(
    line,
  );
  const module = pkg?.[1] ?? pkg?.[2];
  if (module !== undefined) return [`lib/pkgconfig/${module}.pc`, `share/pkgconfig/${module}.pc`];
  const command = /(?:^|: )([\w.+-]+): (?:command )?not found$/.exec(line)?.[1];
  return command === undefined ? [] : [`bin/${command}`];
}
