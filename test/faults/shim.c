/*
 * Stands between a program and the C library (LD_PRELOAD) and meddles with its calls on files below one directory:
 * kills the process at the N-th call of chosen kinds, lets it fail, or writes down what is done. See shim.ts for the
 * variables that steer it. Linux with glibc.
 */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { CREATE = 1, WRITE = 2, RENAME = 4, REMOVE = 8, META = 16, FLUSH = 32, OPEN = 64, READ = 128 };
enum { NOTHING, KILL, TEAR, FAIL, STAY };

static char root[PATH_MAX];
static size_t root_length;
static int mode, kinds, fault_errno, journal = -1, with_data;
static long at, delay;
static atomic_long count;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ({ static typeof(&name) real_; if (!real_) real_ = (typeof(&name))dlsym(RTLD_NEXT, #name); real_; })

static const char *variable(const char *name, const char *fallback) {
  const char *value = getenv(name);
  return value ? value : fallback;
}

__attribute__((constructor)) static void begin(void) {
  const char *mode_name = variable("STORE_FAULT_MODE", "");
  snprintf(root, sizeof root, "%s", variable("STORE_FAULT_ROOT", ""));
  root_length = strlen(root);
  mode = !strcmp(mode_name, "kill") ? KILL : !strcmp(mode_name, "tear") ? TEAR : !strcmp(mode_name, "fail") ? FAIL
       : !strcmp(mode_name, "stay") ? STAY : NOTHING;
  at = atol(variable("STORE_FAULT_AT", "0"));
  kinds = atoi(variable("STORE_FAULT_KINDS", "0"));
  delay = atol(variable("STORE_FAULT_DELAY", "0"));
  fault_errno = atoi(variable("STORE_FAULT_ERRNO", "5"));
  with_data = atoi(variable("STORE_FAULT_DATA", "0"));
  const char *path = variable("STORE_FAULT_JOURNAL", "");
  if (*path) journal = REAL(open64)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  /* What the program starts is left alone, but for `sync`, whose flush a journal must tell. */
  if (!with_data) unsetenv("LD_PRELOAD");
}

static int below(const char *path) {
  return root_length && !strncmp(path, root, root_length) && (path[root_length] == '/' || path[root_length] == 0);
}

/* The path of what is concerned, or NULL when it lies elsewhere. */
static const char *named(int directory, const char *path, char *into) {
  if (!root_length || !path) return NULL;
  if (path[0] == '/') return below(path) ? path : NULL;
  char base[PATH_MAX];
  char link[64];
  if (directory == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
  else snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
  ssize_t length = REAL(readlink)(link, base, sizeof base - 1);
  if (length <= 0) return NULL;
  base[length] = 0;
  if (snprintf(into, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return NULL;
  return below(into) ? into : NULL;
}

static const char *opened(int fd, char *into) {
  if (!root_length || fd <= 2) return NULL;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  int before = errno;
  ssize_t length = REAL(readlink)(link, into, PATH_MAX - 1);
  errno = before;
  if (length <= 0) return NULL;
  into[length] = 0;
  return below(into) ? into : NULL;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static void *die_later(void *nothing) {
  usleep(delay);
  die();
  return nothing;
}

/* Whether this call shall fail, with errno set. `half` does half of a write. */
static int meddle(int kind, void (*half)(void *), void *what) {
  if (mode == NOTHING || !(kinds & kind)) return 0;
  long number = atomic_fetch_add(&count, 1) + 1;
  if (number < at || (number > at && mode != STAY)) return 0;
  if (mode == TEAR && half) half(what);
  if (mode == KILL && delay > 0) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, die_later, NULL) == 0) return 0;
  }
  if (mode == KILL || mode == TEAR) die();
  errno = fault_errno;
  return 1;
}

static long inode(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 ? (long)status.st_ino : 0;
}

static long inode_at(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0 ? (long)status.st_ino : 0;
}

/* One line: kind, call, and what it takes, parted by tabs. Written in one piece. */
static void note(const char *call, int kind, const char *format, ...) {
  if (journal < 0) return;
  char line[3 * PATH_MAX];
  int before = errno;
  int length = snprintf(line, sizeof line, "%d\t%s\t", kind, call);
  va_list list;
  va_start(list, format);
  length += vsnprintf(line + length, sizeof line - length, format, list);
  va_end(list);
  if (length >= (int)sizeof line) length = sizeof line - 1;
  line[length++] = '\n';
  REAL(write)(journal, line, length);
  errno = before;
}

static void note_data(const char *path, int fd, long offset, const char *bytes, size_t size) {
  if (journal < 0) return;
  if (!with_data) return note("write", WRITE, "%ld\t%s\t%ld\t%zu", inode(fd), path, offset, size);
  int before = errno;
  size_t room = 2 * size + PATH_MAX + 128;
  char *line = malloc(room);
  int length = snprintf(line, room, "%d\twrite\t%ld\t%s\t%ld\t", WRITE, inode(fd), path, offset);
  for (size_t i = 0; i < size; i++) length += sprintf(line + length, "%02x", (unsigned char)bytes[i]);
  line[length++] = '\n';
  REAL(write)(journal, line, length);
  free(line);
  errno = before;
}

#define LOCKED(type, expression, told) ({ \
  if (journal >= 0) pthread_mutex_lock(&order); \
  type result_ = (expression); \
  if (result_ >= 0 && journal >= 0) { told; } \
  if (journal >= 0) pthread_mutex_unlock(&order); \
  result_; })

/* Opening */

static int open_kind(int flags) {
  if (flags & (O_CREAT | O_TRUNC)) return CREATE;
  return OPEN;
}

static int do_open(int directory, const char *path, int flags, mode_t bits) {
  char buffer[PATH_MAX];
  const char *place = named(directory, path, buffer);
  if (!place) return REAL(openat64)(directory, path, flags, bits);
  int kind = open_kind(flags);
  if (meddle(kind, NULL, NULL)) return -1;
  int was_there = inode_at(place) != 0;
  return LOCKED(int, REAL(openat64)(directory, path, flags, bits), {
    if (!was_there && kind == CREATE) note("create", kind, "%ld\t%s\t%o", inode(result_), place, bits);
    else if (flags & O_TRUNC) note("truncate", kind, "%ld\t%s\t0", inode(result_), place);
    else if (!with_data) note("open", kind, "%s", place);
  });
}

static mode_t bits_of(int flags, va_list list) {
  return flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

#define OPENER(name) \
  int name(const char *path, int flags, ...) { \
    va_list list; va_start(list, flags); mode_t bits = bits_of(flags, list); va_end(list); \
    return do_open(AT_FDCWD, path, flags, bits); }
OPENER(open)
OPENER(open64)

#define OPENER_AT(name) \
  int name(int directory, const char *path, int flags, ...) { \
    va_list list; va_start(list, flags); mode_t bits = bits_of(flags, list); va_end(list); \
    return do_open(directory, path, flags, bits); }
#undef openat
OPENER_AT(openat)

static int meddle_listing(const char *place) {
  if (!place) return 0;
  if (meddle(OPEN, NULL, NULL)) return 1;
  if (!with_data) note("open", OPEN, "%s", place);
  return 0;
}

DIR *opendir(const char *path) {
  char buffer[PATH_MAX];
  if (meddle_listing(named(AT_FDCWD, path, buffer))) return NULL;
  return REAL(opendir)(path);
}

int scandir64(const char *path, struct dirent64 ***names, int (*choose)(const struct dirent64 *),
              int (*compare)(const struct dirent64 **, const struct dirent64 **)) {
  char buffer[PATH_MAX];
  if (meddle_listing(named(AT_FDCWD, path, buffer))) return -1;
  return REAL(scandir64)(path, names, choose, compare);
}

/* Reading */

static int reads_count(void) { return (kinds & READ) || (journal >= 0 && !with_data); }

static int meddle_read(const char *place) {
  if (!place) return 0;
  if (meddle(READ, NULL, NULL)) return 1;
  if (!with_data) note("read", READ, "%s", place);
  return 0;
}

ssize_t read(int fd, void *bytes, size_t size) {
  char buffer[PATH_MAX];
  if (reads_count() && meddle_read(opened(fd, buffer))) return -1;
  return REAL(read)(fd, bytes, size);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t offset) {
  char buffer[PATH_MAX];
  if (reads_count() && meddle_read(opened(fd, buffer))) return -1;
  return REAL(pread64)(fd, bytes, size, offset);
}

ssize_t readlink(const char *path, char *into, size_t size) {
  char buffer[PATH_MAX];
  if (reads_count() && meddle_read(named(AT_FDCWD, path, buffer))) return -1;
  return REAL(readlink)(path, into, size);
}

/* Writing */

struct piece { int fd; const void *bytes; size_t size; off64_t offset; };

static void write_half(void *what) {
  struct piece *piece = what;
  if (piece->offset < 0) REAL(write)(piece->fd, piece->bytes, piece->size / 2);
  else REAL(pwrite64)(piece->fd, piece->bytes, piece->size / 2, piece->offset);
}

ssize_t write(int fd, const void *bytes, size_t size) {
  char place[PATH_MAX];
  if (!opened(fd, place)) return REAL(write)(fd, bytes, size);
  struct piece piece = {fd, bytes, size, -1};
  if (meddle(WRITE, write_half, &piece)) return -1;
  return LOCKED(ssize_t, REAL(write)(fd, bytes, size), note_data(place, fd, lseek(fd, 0, SEEK_CUR) - result_, bytes, result_));
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
  char place[PATH_MAX];
  if (!opened(fd, place)) return REAL(pwrite64)(fd, bytes, size, offset);
  struct piece piece = {fd, bytes, size, offset};
  if (meddle(WRITE, write_half, &piece)) return -1;
  return LOCKED(ssize_t, REAL(pwrite64)(fd, bytes, size, offset), note_data(place, fd, offset, bytes, result_));
}

ssize_t writev(int fd, const struct iovec *pieces, int number) {
  char place[PATH_MAX];
  if (!opened(fd, place)) return REAL(writev)(fd, pieces, number);
  ssize_t total = 0;
  for (int i = 0; i < number; i++) {
    ssize_t done = write(fd, pieces[i].iov_base, pieces[i].iov_len);
    if (done < 0) return total ? total : -1;
    total += done;
    if ((size_t)done < pieces[i].iov_len) break;
  }
  return total;
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int number, off64_t offset) {
  char place[PATH_MAX];
  if (!opened(fd, place)) return REAL(pwritev64)(fd, pieces, number, offset);
  ssize_t total = 0;
  for (int i = 0; i < number; i++) {
    ssize_t done = pwrite64(fd, pieces[i].iov_base, pieces[i].iov_len, offset + total);
    if (done < 0) return total ? total : -1;
    total += done;
    if ((size_t)done < pieces[i].iov_len) break;
  }
  return total;
}

int ftruncate64(int fd, off64_t size) {
  char place[PATH_MAX];
  if (!opened(fd, place)) return REAL(ftruncate64)(fd, size);
  if (meddle(WRITE, NULL, NULL)) return -1;
  return LOCKED(int, REAL(ftruncate64)(fd, size), note("truncate", WRITE, "%ld\t%s\t%ld", inode(fd), place, (long)size));
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

/* The content of what was copied within the kernel is read back for the journal. */
static void note_copied(const char *place, int fd) {
  struct stat status;
  if (journal < 0 || fstat(fd, &status) != 0) return;
  char *bytes = malloc(status.st_size + 1);
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  int again = REAL(open64)(link, O_RDONLY);
  ssize_t size = again < 0 ? 0 : REAL(pread64)(again, bytes, status.st_size, 0);
  if (again >= 0) close(again);
  if (size > 0) note_data(place, fd, 0, bytes, size);
  free(bytes);
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t size) {
  char place[PATH_MAX];
  if (!opened(to, place)) return REAL(sendfile64)(to, from, offset, size);
  if (meddle(WRITE, NULL, NULL)) return -1;
  return LOCKED(ssize_t, REAL(sendfile64)(to, from, offset, size), note_copied(place, to));
}

int ioctl(int fd, unsigned long request, ...) {
  va_list list;
  va_start(list, request);
  void *argument = va_arg(list, void *);
  va_end(list);
  char place[PATH_MAX];
  if (request != FICLONE || !opened(fd, place)) return REAL(ioctl)(fd, request, argument);
  if (meddle(WRITE, NULL, NULL)) return -1;
  return LOCKED(int, REAL(ioctl)(fd, request, argument), note_copied(place, fd));
}

/* The runtime library calls some of the kernel by number. */
long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
  long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  char place[PATH_MAX];
  const char *other =
      number == SYS_renameat2 && (e & RENAME_EXCHANGE) ? named(AT_FDCWD, (const char *)d, place) : NULL;
  if (other) {
    if (meddle(RENAME, NULL, NULL)) return -1;
    return LOCKED(long, REAL(syscall)(number, a, b, c, d, e, f), note("exchange", RENAME, "%s\t%s", (char *)b, other));
  }
  if (number != SYS_copy_file_range || !opened((int)c, place)) return REAL(syscall)(number, a, b, c, d, e, f);
  if (meddle(WRITE, NULL, NULL)) return -1;
  return LOCKED(long, REAL(syscall)(number, a, b, c, d, e, f), note_copied(place, (int)c));
}

/* Names */

int rename(const char *from, const char *to) {
  char one[PATH_MAX], two[PATH_MAX];
  const char *source = named(AT_FDCWD, from, one), *target = named(AT_FDCWD, to, two);
  if (!source || !target) return REAL(rename)(from, to);
  if (meddle(RENAME, NULL, NULL)) return -1;
  return LOCKED(int, REAL(rename)(from, to), note("rename", RENAME, "%s\t%s", source, target));
}

int link(const char *from, const char *to) {
  char one[PATH_MAX], two[PATH_MAX];
  const char *source = named(AT_FDCWD, from, one), *target = named(AT_FDCWD, to, two);
  if (!target) return REAL(link)(from, to);
  if (meddle(CREATE, NULL, NULL)) return -1;
  return LOCKED(int, REAL(link)(from, to), note("link", CREATE, "%s\t%s", source ? source : from, target));
}

int symlink(const char *text, const char *path) {
  char buffer[PATH_MAX];
  const char *place = named(AT_FDCWD, path, buffer);
  if (!place) return REAL(symlink)(text, path);
  if (meddle(CREATE, NULL, NULL)) return -1;
  return LOCKED(int, REAL(symlink)(text, path), note("symlink", CREATE, "%s\t%s", text, place));
}

int mkdir(const char *path, mode_t bits) {
  char buffer[PATH_MAX];
  const char *place = named(AT_FDCWD, path, buffer);
  if (!place) return REAL(mkdir)(path, bits);
  if (meddle(CREATE, NULL, NULL)) return -1;
  return LOCKED(int, REAL(mkdir)(path, bits), note("mkdir", CREATE, "%s\t%o", place, bits));
}

char *mkdtemp(char *template) {
  char buffer[PATH_MAX];
  if (!named(AT_FDCWD, template, buffer)) return REAL(mkdtemp)(template);
  if (meddle(CREATE, NULL, NULL)) return NULL;
  if (journal >= 0) pthread_mutex_lock(&order);
  char *made = REAL(mkdtemp)(template);
  if (made) note("mkdir", CREATE, "%s\t700", named(AT_FDCWD, made, buffer));
  if (journal >= 0) pthread_mutex_unlock(&order);
  return made;
}

int unlink(const char *path) {
  char buffer[PATH_MAX];
  const char *place = named(AT_FDCWD, path, buffer);
  if (!place) return REAL(unlink)(path);
  if (meddle(REMOVE, NULL, NULL)) return -1;
  return LOCKED(int, REAL(unlink)(path), note("unlink", REMOVE, "%s", place));
}

int rmdir(const char *path) {
  char buffer[PATH_MAX];
  const char *place = named(AT_FDCWD, path, buffer);
  if (!place) return REAL(rmdir)(path);
  if (meddle(REMOVE, NULL, NULL)) return -1;
  return LOCKED(int, REAL(rmdir)(path), note("rmdir", REMOVE, "%s", place));
}

/* What the C++ library removes with, and so later versions of Node in `rmSync`. */

int unlinkat(int directory, const char *path, int flags) {
  char buffer[PATH_MAX];
  const char *place = named(directory, path, buffer);
  if (!place) return REAL(unlinkat)(directory, path, flags);
  if (meddle(REMOVE, NULL, NULL)) return -1;
  return LOCKED(int, REAL(unlinkat)(directory, path, flags),
                note(flags & AT_REMOVEDIR ? "rmdir" : "unlink", REMOVE, "%s", place));
}

int remove(const char *path) {
  struct stat status;
  if (lstat(path, &status)) return -1;
  return S_ISDIR(status.st_mode) ? rmdir(path) : unlink(path);
}

/* Modes and times */

int chmod(const char *path, mode_t bits) {
  char buffer[PATH_MAX];
  const char *place = named(AT_FDCWD, path, buffer);
  if (!place) return REAL(chmod)(path, bits);
  if (meddle(META, NULL, NULL)) return -1;
  return LOCKED(int, REAL(chmod)(path, bits), note("chmod", META, "%s\t%o", place, bits));
}

int fchmod(int fd, mode_t bits) {
  char place[PATH_MAX];
  if (!opened(fd, place)) return REAL(fchmod)(fd, bits);
  if (meddle(META, NULL, NULL)) return -1;
  return LOCKED(int, REAL(fchmod)(fd, bits), note("chmod", META, "%s\t%o", place, bits));
}

int futimens(int fd, const struct timespec times[2]) {
  char place[PATH_MAX];
  if (!opened(fd, place)) return REAL(futimens)(fd, times);
  if (meddle(META, NULL, NULL)) return -1;
  return LOCKED(int, REAL(futimens)(fd, times), note("utimes", META, "%s\t%ld", place, (long)times[1].tv_sec));
}

int utimensat(int directory, const char *path, const struct timespec times[2], int flags) {
  char buffer[PATH_MAX];
  const char *place = named(directory, path, buffer);
  if (!place) return REAL(utimensat)(directory, path, times, flags);
  if (meddle(META, NULL, NULL)) return -1;
  return LOCKED(int, REAL(utimensat)(directory, path, times, flags), note("utimes", META, "%s\t%ld", place, (long)times[1].tv_sec));
}

/* Flushes */

int fsync(int fd) {
  char place[PATH_MAX];
  if (!opened(fd, place)) return REAL(fsync)(fd);
  if (meddle(FLUSH, NULL, NULL)) return -1;
  return LOCKED(int, REAL(fsync)(fd), note("fsync", FLUSH, "%ld\t%s", inode(fd), place));
}

int fdatasync(int fd) {
  char place[PATH_MAX];
  if (!opened(fd, place)) return REAL(fdatasync)(fd);
  if (meddle(FLUSH, NULL, NULL)) return -1;
  return LOCKED(int, REAL(fdatasync)(fd), note("fsync", FLUSH, "%ld\t%s", inode(fd), place));
}

int syncfs(int fd) {
  char place[PATH_MAX];
  if (!opened(fd, place)) return REAL(syncfs)(fd);
  if (meddle(FLUSH, NULL, NULL)) return -1;
  return LOCKED(int, REAL(syncfs)(fd), note("syncfs", FLUSH, "%s", place));
}

/* The world of a test lies in memory and stands for one on a disk: what is not flushed there can be lost. */

static int on_disk(int result, unsigned *type) {
  if (result == 0 && (*type == 0x01021994 || *type == 0x858458f6)) *type = 0xef53;
  return result;
}

int statfs(const char *path, struct statfs *status) {
  return on_disk(REAL(statfs)(path, status), (unsigned *)&status->f_type);
}

int statfs64(const char *path, struct statfs64 *status) {
  return on_disk(REAL(statfs64)(path, status), (unsigned *)&status->f_type);
}
