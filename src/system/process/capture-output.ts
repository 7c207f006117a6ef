import { type ProcessOptions, type ProcessResult, runProcess } from "../process.ts";

export interface CapturedOutput extends ProcessResult {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/**
 * Runs a tool of the host and returns what it printed, 16 MiB at most unless `maxOutputBytes` says otherwise.
 * @throws StoreError as `runProcess`
 */
export async function captureOutput(
  command: string,
  args: readonly string[],
  options: Omit<ProcessOptions, "onOutput">,
): Promise<CapturedOutput> {
  const chunks: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  const result = await runProcess(command, args, {
    maxOutputBytes: 16 * 2 ** 20,
    ...options,
    onOutput: (chunk, stream) => void chunks[stream].push(chunk),
  });
  return { ...result, stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr) };
}
