/* A medium that fails: preloaded into a test process, it counts the calls that reach files and acts at the n-th one.
 *
 * Armed from Python (shim.py) in a child after fork; it does nothing until then. Pipes and terminals are never counted.
 * With a trace it writes down every call instead, so that crash states can be rebuilt (crash_states.py).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WRITES = 1, SYNCS = 2, NAMES = 4 };
enum { COUNT, KILL_BEFORE, KILL_AFTER, TORN_KILL, FAIL, SHORT, CUT_BEFORE, CUT_AFTER };
enum { T_WRITE = 1, T_TRUNCATE, T_SYNC, T_CREATE, T_RENAME, T_LINK, T_UNLINK, T_MKDIR, T_RMDIR, T_MARK };

static int armed, at, action, forever, code, kinds, cut_fd = -1, trace_fd = -1, swallow;
static int seen, hits;

void shim_arm(int at_, int action_, int forever_, int code_, int kinds_, int cut_fd_) {
    at = at_; action = action_; forever = forever_; code = code_; kinds = kinds_; cut_fd = cut_fd_;
    seen = hits = 0;
    armed = 1;
}
void shim_disarm(void) { armed = 0; }
void shim_trace(int fd) { trace_fd = fd; }
void shim_swallow(int on) { swallow = on; }
int shim_seen(void) { return seen; }
int shim_hits(void) { return hits; }

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static void die(void) { syscall(SYS_kill, syscall(SYS_getpid), SIGKILL); for (;;) pause(); }

static void cut(void) {
    uint32_t no_log_flush = 2;
    if (syscall(SYS_ioctl, cut_fd, 0x8004587DUL, &no_log_flush) != 0) _exit(97);
}

/* Whether the call is the one: 0 no, else the action; KILL_BEFORE and CUT_BEFORE never return. */
static int turn(int kind) {
    if (!armed || !(kind & kinds)) return 0;
    seen++;
    if (!(seen == at || (forever && seen > at))) return 0;
    hits++;
    if (action == SHORT && hits > 1) { code = ENOSPC; return FAIL; }  /* a disk that fills: first short, then nothing */
    if (action == KILL_BEFORE) die();
    if (action == TORN_KILL && kind != WRITES) die();
    if (action == CUT_BEFORE) { cut(); die(); }
    return action;
}
static void after(int what) {
    if (what == CUT_AFTER) { cut(); die(); }
    if (what == KILL_AFTER) die();
}
static int is_file(int fd) {
    struct stat s;
    int kept = errno, ok = fstat(fd, &s) == 0 && (S_ISREG(s.st_mode) || S_ISDIR(s.st_mode));
    errno = kept;
    return ok;
}

static void put(uint32_t op, uint64_t inode, uint64_t offset, const void *data, uint32_t size, const char *path) {
    if (trace_fd < 0) return;
    int kept = errno;
    uint32_t path_size = path ? strlen(path) : 0;
    struct { uint32_t op, size, path_size, pad; uint64_t inode, offset; } head = {op, size, path_size, 0, inode, offset};
    syscall(SYS_write, trace_fd, &head, sizeof head);
    if (path_size) syscall(SYS_write, trace_fd, path, path_size);
    if (size) syscall(SYS_write, trace_fd, data, size);
    errno = kept;
}
static uint64_t inode_of(int fd) { struct stat s; return fstat(fd, &s) == 0 ? s.st_ino : 0; }
static uint64_t inode_at(const char *path) { struct stat s; return lstat(path, &s) == 0 ? s.st_ino : 0; }
static const char *path_of(int fd, char *room) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t got = readlink(link, room, PATH_MAX - 1);
    room[got < 0 ? 0 : got] = 0;
    return room;
}
void shim_mark(const char *text) { put(T_MARK, 0, 0, NULL, 0, text); }

static void put_write(int fd, const void *data, ssize_t size, uint64_t offset) {
    if (size > 0) put(T_WRITE, inode_of(fd), offset, data, size, NULL);
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    if ((!armed && trace_fd < 0) || !is_file(fd)) return real(fd, data, size);
    int what = turn(WRITES);
    if (what == FAIL) { errno = code; return -1; }
    size_t asked = what == SHORT || what == TORN_KILL ? (size + 1) / 2 : size;
    ssize_t done = real(fd, data, asked);
    if (trace_fd >= 0) put_write(fd, data, done, syscall(SYS_lseek, fd, 0L, SEEK_CUR) - (done > 0 ? done : 0));
    if (what == TORN_KILL) die();
    after(what);
    return done;
}
static ssize_t pwrite_any(int fd, const void *data, size_t size, off64_t offset) {
    if ((!armed && trace_fd < 0) || !is_file(fd)) return syscall(SYS_pwrite64, fd, data, size, offset);
    int what = turn(WRITES);
    if (what == FAIL) { errno = code; return -1; }
    size_t asked = what == SHORT || what == TORN_KILL ? (size + 1) / 2 : size;
    ssize_t done = syscall(SYS_pwrite64, fd, data, asked, offset);
    put_write(fd, data, done, offset);
    if (what == TORN_KILL) die();
    after(what);
    return done;
}
ssize_t pwrite(int fd, const void *d, size_t n, off_t o) { return pwrite_any(fd, d, n, o); }
ssize_t pwrite64(int fd, const void *d, size_t n, off64_t o) { return pwrite_any(fd, d, n, o); }

static int truncate_any(int fd, off64_t size) {
    int what = turn(WRITES);
    if (what == FAIL) { errno = code; return -1; }
    if (what == TORN_KILL) die();
    int done = syscall(SYS_ftruncate, fd, size);
    if (!done) put(T_TRUNCATE, inode_of(fd), size, NULL, 0, NULL);
    after(what);
    return done;
}
int ftruncate(int fd, off_t size) { return truncate_any(fd, size); }
int ftruncate64(int fd, off64_t size) { return truncate_any(fd, size); }

static int sync_any(int fd, long number) {
    char room[PATH_MAX];
    if (!armed && trace_fd < 0 && !swallow) return syscall(number, fd);
    if (swallow) return 0;
    int what = turn(SYNCS);
    if (what == FAIL) { errno = code; return -1; }
    int done = syscall(number, fd);
    if (!done) put(T_SYNC, inode_of(fd), 0, NULL, 0, path_of(fd, room));
    after(what);
    return done;
}
int fsync(int fd) { return sync_any(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_any(fd, SYS_fdatasync); }

static int named(uint32_t op, const char *from, const char *to, long number, long argument, int fd_from, int fd_to) {
    char room[2 * PATH_MAX];
    int what = turn(NAMES);
    if (what == FAIL) { errno = code; return -1; }
    uint64_t inode = trace_fd >= 0 ? inode_at(from) : 0;
    int done = to ? (int)syscall(number, fd_from, from, fd_to, to, argument) : (int)syscall(number, fd_from, from, argument);
    if (!done && trace_fd >= 0) {
        snprintf(room, sizeof room, "%s", from);
        put(op, op == T_MKDIR ? inode_at(from) : inode, 0, to, to ? strlen(to) : 0, room);
    }
    after(what);
    return done;
}
int rename(const char *a, const char *b) { return named(T_RENAME, a, b, SYS_renameat2, 0, AT_FDCWD, AT_FDCWD); }
int renameat(int x, const char *a, int y, const char *b) { return named(T_RENAME, a, b, SYS_renameat2, 0, x, y); }
int link(const char *a, const char *b) { return named(T_LINK, a, b, SYS_linkat, 0, AT_FDCWD, AT_FDCWD); }
int linkat(int x, const char *a, int y, const char *b, int f) { return named(T_LINK, a, b, SYS_linkat, f, x, y); }
int unlink(const char *a) { return named(T_UNLINK, a, NULL, SYS_unlinkat, 0, AT_FDCWD, 0); }
int unlinkat(int x, const char *a, int f) {
    return named(f & AT_REMOVEDIR ? T_RMDIR : T_UNLINK, a, NULL, SYS_unlinkat, f, x, 0);
}
int rmdir(const char *a) { return named(T_RMDIR, a, NULL, SYS_unlinkat, AT_REMOVEDIR, AT_FDCWD, 0); }
int mkdir(const char *a, mode_t m) { return named(T_MKDIR, a, NULL, SYS_mkdirat, m, AT_FDCWD, 0); }

static int open_any(int folder, const char *path, int flags, mode_t mode) {
    struct stat s;
    int fresh = 0, what = 0;
    if ((flags & O_CREAT) && (armed || trace_fd >= 0)) {
        fresh = syscall(SYS_newfstatat, folder, path, &s, 0) != 0;
        if (fresh) what = turn(NAMES);
        if (what == FAIL) { errno = code; return -1; }
    }
    int fd = syscall(SYS_openat, folder, path, flags | O_LARGEFILE, mode);
    if (fd >= 0 && fresh) put(T_CREATE, inode_of(fd), 0, NULL, 0, path);
    if (fd >= 0 && !fresh && (flags & O_TRUNC) && trace_fd >= 0) put(T_TRUNCATE, inode_of(fd), 0, NULL, 0, NULL);
    after(what);
    return fd;
}
#define OPENER(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return open_any(AT_FDCWD, path, flags, mode); \
    }
#define OPENER_AT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return open_any(folder, path, flags, mode); \
    }
OPENER(open)
OPENER(open64)
OPENER_AT(openat)
OPENER_AT(openat64)
