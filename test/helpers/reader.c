/* Reads bin/x and bin/y below a directory over and over until it gets SIGTERM; then prints what it saw as JSON.
   "missed": an open failed. "torn": a file was not one byte repeated. "mixed": both files, reached through one open
   directory, were not of one generation. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;
static long reads, missed, torn, mixed, seen[256];

static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

/* The byte that the file repeats, or 0. */
static int read_whole(int fd) {
  static unsigned char buffer[1 << 16];
  ssize_t length;
  int byte = 0;
  if (fd < 0) {
    missed++;
    return 0;
  }
  while ((length = read(fd, buffer, sizeof buffer)) > 0) {
    for (ssize_t at = 0; at < length; at++) {
      if (byte == 0) byte = buffer[at];
      if (buffer[at] != byte) {
        torn++;
        close(fd);
        return 0;
      }
    }
  }
  close(fd);
  reads++;
  seen[byte]++;
  return byte;
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  signal(SIGTERM, stop);
  puts("ready");
  fflush(stdout);
  while (!stopped) {
    char path[4096];
    snprintf(path, sizeof path, "%s/bin/x", arguments[1]);
    read_whole(open(path, O_RDONLY));
    int directory = open(arguments[1], O_RDONLY | O_DIRECTORY);
    if (directory < 0) {
      missed++;
      continue;
    }
    int x = read_whole(openat(directory, "bin/x", O_RDONLY));
    int y = read_whole(openat(directory, "bin/y", O_RDONLY));
    if (x != y) mixed++;
    close(directory);
  }
  printf("{\"reads\":%ld,\"missed\":%ld,\"torn\":%ld,\"mixed\":%ld,\"a\":%ld,\"b\":%ld}\n", reads, missed, torn, mixed,
         seen['a'], seen['b']);
  return 0;
}
