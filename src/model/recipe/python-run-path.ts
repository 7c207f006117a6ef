/**
 * The shell text that lets the Python scripts in `$out/bin` find their modules without PYTHONPATH: a line in each puts
 * the output's own site-packages, and those of `dependencies` (shell words that are the paths of what the package needs
 * when it runs), in front of `sys.path`.
 *
 * What those need themselves is not among the inputs of the build; each Python package keeps a note of it, a path a
 * line, beside its modules. It bears the name of the package, so that packages can lie in one profile, and keeps what
 * a mere library needs among the references of its object.
 */
export function pythonRunPath(dependencies: readonly string[]): string {
  return `python3 -I - "$out" ${['"store-$name.pth"', ...dependencies].join(" ")} <<'END_OF_PYTHON'\n${PROGRAM}END_OF_PYTHON\n`;
}

/** Nothing of a script may come behind the line that must come before it: its docstring, and imports from the future. */
const PROGRAM = String.raw`import ast, glob, os, re, sys

MARK = b"  # run path"
out, note, *dependencies = sys.argv[1:]


def sites(root):
    return sorted(glob.glob(glob.escape(root) + "/lib*/python3*/site-packages"))


def noted(site):
    for path in sorted(glob.glob(glob.escape(site) + "/store-*.pth")):
        with open(path) as file:
            yield from file.read().split("\n")


def is_python(lines):
    if lines[0].startswith(b"#!/bin/sh") and lines[1:2] and lines[1].startswith(b"'''exec'"):
        return b"python" in lines[1]
    words = [word for word in lines[0][2:].split() if not word.startswith(b"-") and os.path.basename(word) != b"env"]
    return lines[0].startswith(b"#!") and bool(words) and re.fullmatch(rb"python[0-9.]*", os.path.basename(words[0]))


def place_in(lines):
    encoding = lines[1:2] and re.match(rb"[ \t\f]*#.*?coding[:=]", lines[1])
    ends = [2 if encoding else 1]
    body = ast.parse(b"".join(lines)).body
    if body and isinstance(body[0], ast.Expr) and isinstance(getattr(body[0].value, "value", None), str):
        ends.append(body[0].end_lineno)
    ends += [each.end_lineno for each in body if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
    return max(ends)


def add_path(script, path):
    with open(script, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    if not lines or not is_python(lines):
        return
    lines = [line for line in lines if not line.rstrip().endswith(MARK)]
    try:
        at = place_in(lines)
    except (SyntaxError, ValueError):
        print("left as it is, since it is not Python 3:", script)
        return
    if not lines[at - 1].endswith(b"\n"):
        lines[at - 1] += b"\n"
    lines.insert(at, b"import sys; sys.path[:0] = %s%s\n" % (repr(path).encode(), MARK))
    mode = os.stat(script).st_mode & 0o7777
    os.chmod(script, mode | 0o200)
    with open(script, "wb") as file:
        file.write(b"".join(lines))
    os.chmod(script, mode)


own = sites(out)
needed = []
for site in [site for each in dependencies for site in sites(each)]:
    needed += [site, *filter(None, noted(site))]
needed = [path for path in dict.fromkeys(needed) if path not in own]
for site in own if needed else []:
    with open(os.path.join(site, note), "w") as file:
        file.write("".join(path + "\n" for path in needed))
for script in sorted(glob.glob(glob.escape(out) + "/bin/*")):
    if own + needed and os.path.isfile(script) and not os.path.islink(script):
        add_path(script, own + needed)
`;
