/* Faults at the system's boundary: what a process changes below one folder is counted, and ends or fails at the n-th.
 *
 * Loaded by LD_PRELOAD, so that it sees Python, DuckDB, SQLite and Arrow alike. MINSHU_FAULTS_BELOW names the folder, and
 * MINSHU_FAULTS_STATE a file of four 64-bit numbers that all processes map: how many changes there were, at which one
 * to act (0: never), whether to kill (1) or to have a full disk from there on (2), and how often that was done.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

struct state { _Atomic int64_t count, at, fault, done; };
enum { NONE, KILL, FULL };
enum { KEEPS, GROWS }; /* whether a change needs room on the disk */

static struct state *state;
static char below[PATH_MAX];
static size_t length;

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("MINSHU_FAULTS_BELOW"), *file = getenv("MINSHU_FAULTS_STATE");
    if (!folder || !file) return;
    int fd = (int)open(file, O_RDWR);
    void *shared = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED) { fprintf(stderr, "faults: %s: %s\n", file, strerror(errno)); _exit(99); }
    close(fd);
    length = (size_t)snprintf(below, sizeof below, "%s", folder);
    state = shared;
}

static int is_below(const char *path) {
    return strncmp(path, below, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int names(int folder, const char *path) { /* whether a path, relative to an open folder or not, is below it */
    char link[64], whole[PATH_MAX];
    if (path[0] == '/') return is_below(path);
    snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
    ssize_t size = readlink(link, whole, sizeof whole - 1);
    if (size < 0) return 0;
    whole[size] = 0;
    return is_below(whole);
}

/* The n-th change: 0 where it may go on, -1 with errno where it fails; a process that is killed does not return. `half`
 * does half of a write first: what is torn is worse than what is missing. */
static int change_at(int grows, void (*half)(void *), void *work) {
    int64_t now = atomic_fetch_add(&state->count, 1) + 1, at = atomic_load(&state->at);
    if (at == 0 || now < at) return 0;
    if (atomic_load(&state->fault) == KILL && now == at) {
        if (half) half(work);
        atomic_fetch_add(&state->done, 1);
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
    if (atomic_load(&state->fault) == FULL && grows) {
        if (half && now == at) half(work);
        atomic_fetch_add(&state->done, 1);
        errno = ENOSPC;
        return -1;
    }
    return 0;
}

static int change_named(int grows, int folder, const char *path) {
    return state && names(folder, path) ? change_at(grows, NULL, NULL) : 0;
}

struct piece { int fd; const void *data; size_t size; off_t offset; };

static void write_half(void *work) {
    struct piece *piece = work;
    ssize_t (*positioned)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite64");
    ssize_t (*plain)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (piece->offset >= 0) (void)!positioned(piece->fd, piece->data, piece->size / 2, piece->offset);
    else (void)!plain(piece->fd, piece->data, piece->size / 2);
}

static int change_open(int grows, int fd, const void *data, size_t size, off_t offset) {
    char link[64], path[PATH_MAX];
    if (!state) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t found = readlink(link, path, sizeof path - 1);
    if (found < 0) return 0;
    path[found] = 0;
    struct piece piece = {fd, data, size, offset};
    return is_below(path) ? change_at(grows, data ? write_half : NULL, &piece) : 0;
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(write);
    return change_open(GROWS, fd, data, size, -1) ? -1 : real(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    REAL(pwrite);
    return change_open(GROWS, fd, data, size, offset) ? -1 : real(fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    REAL(pwrite64);
    return change_open(GROWS, fd, data, size, offset) ? -1 : real(fd, data, size, offset);
}
ssize_t writev(int fd, const struct iovec *pieces, int count) {
    REAL(writev);
    return change_open(GROWS, fd, NULL, 0, -1) ? -1 : real(fd, pieces, count);
}
ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t offset) {
    REAL(pwritev);
    return change_open(GROWS, fd, NULL, 0, -1) ? -1 : real(fd, pieces, count, offset);
}
ssize_t sendfile(int out, int in, off_t *offset, size_t size) {
    REAL(sendfile);
    return change_open(GROWS, out, NULL, 0, -1) ? -1 : real(out, in, offset, size);
}
ssize_t sendfile64(int out, int in, off64_t *offset, size_t size) {
    REAL(sendfile64);
    return change_open(GROWS, out, NULL, 0, -1) ? -1 : real(out, in, offset, size);
}
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned int flags) {
    REAL(copy_file_range);
    return change_open(GROWS, out, NULL, 0, -1) ? -1 : real(in, from, out, to, size, flags);
}
int ftruncate(int fd, off_t size) {
    REAL(ftruncate);
    return change_open(KEEPS, fd, NULL, 0, -1) ? -1 : real(fd, size);
}
int ftruncate64(int fd, off64_t size) {
    REAL(ftruncate64);
    return change_open(KEEPS, fd, NULL, 0, -1) ? -1 : real(fd, size);
}
int fallocate(int fd, int mode, off_t offset, off_t size) {
    REAL(fallocate);
    return change_open(GROWS, fd, NULL, 0, -1) ? -1 : real(fd, mode, offset, size);
}
int posix_fallocate(int fd, off_t offset, off_t size) {
    REAL(posix_fallocate);
    return change_open(GROWS, fd, NULL, 0, -1) ? ENOSPC : real(fd, offset, size);
}
int fsync(int fd) {
    REAL(fsync);
    return change_open(KEEPS, fd, NULL, 0, -1) ? -1 : real(fd);
}
int fdatasync(int fd) {
    REAL(fdatasync);
    return change_open(KEEPS, fd, NULL, 0, -1) ? -1 : real(fd);
}
int fchmod(int fd, mode_t mode) {
    REAL(fchmod);
    return change_open(KEEPS, fd, NULL, 0, -1) ? -1 : real(fd, mode);
}
int chmod(const char *path, mode_t mode) {
    REAL(chmod);
    return change_named(KEEPS, AT_FDCWD, path) ? -1 : real(path, mode);
}
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    return change_named(GROWS, AT_FDCWD, path) ? -1 : real(path, mode);
}
int rmdir(const char *path) {
    REAL(rmdir);
    return change_named(KEEPS, AT_FDCWD, path) ? -1 : real(path);
}
int unlink(const char *path) {
    REAL(unlink);
    return change_named(KEEPS, AT_FDCWD, path) ? -1 : real(path);
}
int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    return change_named(KEEPS, folder, path) ? -1 : real(folder, path, flags);
}
int rename(const char *from, const char *to) {
    REAL(rename);
    return change_named(GROWS, AT_FDCWD, to) ? -1 : real(from, to);
}
int renameat(int a, const char *from, int b, const char *to) {
    REAL(renameat);
    return change_named(GROWS, b, to) ? -1 : real(a, from, b, to);
}
int link(const char *from, const char *to) {
    REAL(link);
    return change_named(GROWS, AT_FDCWD, to) ? -1 : real(from, to);
}
int linkat(int a, const char *from, int b, const char *to, int flags) {
    REAL(linkat);
    return change_named(GROWS, b, to) ? -1 : real(a, from, b, to, flags);
}

/* Opening is a change where it may make a file or empty one; whoever writes to it is counted then. */
#define MODE(flags, last) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { va_list rest; va_start(rest, last); mode = va_arg(rest, mode_t); va_end(rest); }
static int change_opening(int flags, int folder, const char *path) {
    return flags & (O_CREAT | O_TRUNC) ? change_named(flags & O_CREAT ? GROWS : KEEPS, folder, path) : 0;
}
int open(const char *path, int flags, ...) {
    REAL(open);
    MODE(flags, flags)
    return change_opening(flags, AT_FDCWD, path) ? -1 : real(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    REAL(open64);
    MODE(flags, flags)
    return change_opening(flags, AT_FDCWD, path) ? -1 : real(path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    REAL(openat);
    MODE(flags, flags)
    return change_opening(flags, folder, path) ? -1 : real(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    REAL(openat64);
    MODE(flags, flags)
    return change_opening(flags, folder, path) ? -1 : real(folder, path, flags, mode);
}
FILE *fopen64(const char *path, const char *mode) {
    REAL(fopen64);
    return strchr(mode, 'r') == NULL && change_named(GROWS, AT_FDCWD, path) ? NULL : real(path, mode);
}
