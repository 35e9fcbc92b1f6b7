/* Makes one call of many fail, for the tests of what happens then: preload it with LD_PRELOAD.
 *
 * FAULT_UNDER    directories, separated by colons: calls on files below them count
 * FAULT_SOCKETS  1: calls on Internet sockets count, too: `connect`, `send`, `recv`, whichever way they are spelt
 * FAULT_CALLS    names separated by commas: only these count; all when unset. `anonymous` is mmap without a file
 * FAULT_AT       the number of the call to strike, the first being 1; with 0 calls are only counted
 * FAULT_LASTING  1: all that follow are struck, too
 * FAULT_ERRNO    what they fail with
 * FAULT_KILL     instead, the process dies: `before` the call, or after a write of `half` of the bytes
 * FAULT_RECORD   a file of at least 4,096 bytes that outlives the process; see struct record
 */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct record {
    _Atomic uint64_t counted;
    _Atomic uint64_t struck;
    char call[32]; /* of the first one struck */
    char path[1024];
    char order[3000]; /* one letter for each call counted, in the order in which they came; see letters */
};

static struct record nowhere;
static struct record *record = &nowhere;
static const char *under, *calls;
static uint64_t at;
static int lasting, error_number, killing, tearing, sockets;

static const struct {
    const char *call;
    char letter;
} letters[] = {
    {"open", 'o'},   {"read", 'r'},  {"write", 'w'},  {"fsync", 'f'},   {"ftruncate", 't'}, {"rename", 'n'}, {"link", 'l'},
    {"unlink", 'u'}, {"mkdir", 'm'}, {"connect", 'c'}, {"send", 's'},   {"recv", 'v'},      {"mmap", 'p'},
};

__attribute__((constructor)) static void begin(void) {
    under = getenv("FAULT_UNDER");
    calls = getenv("FAULT_CALLS");
    const char *value = getenv("FAULT_AT");
    at = value ? strtoull(value, NULL, 10) : 0;
    value = getenv("FAULT_LASTING");
    lasting = value && *value == '1';
    value = getenv("FAULT_ERRNO");
    error_number = value ? atoi(value) : EIO;
    value = getenv("FAULT_KILL");
    killing = value != NULL;
    tearing = value && strcmp(value, "half") == 0;
    value = getenv("FAULT_SOCKETS");
    sockets = value && *value == '1';
    value = getenv("FAULT_RECORD");
    if (!value) return;
    /* Straight to the kernel, so that the shim does not count its own calls. */
    int file = (int)syscall(SYS_openat, AT_FDCWD, value, O_RDWR | O_CLOEXEC, 0);
    if (file < 0) return;
    void *shared = (void *)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (shared != MAP_FAILED) record = shared;
}

static int listed(const char *call) {
    if (!calls || !*calls) return 1;
    size_t length = strlen(call);
    for (const char *name = calls; name; name = strchr(name, ',')) {
        if (*name == ',') name++;
        if (strncmp(name, call, length) == 0 && (name[length] == ',' || name[length] == 0)) return 1;
    }
    return 0;
}

static int lies_under(const char *path) {
    for (const char *start = under; start && *start;) {
        const char *end = strchrnul(start, ':');
        size_t length = (size_t)(end - start);
        if (length && strncmp(path, start, length) == 0 && (path[length] == '/' || path[length] == 0)) return 1;
        start = *end ? end + 1 : end;
    }
    return 0;
}

/* Counts a call on `path`. Returns whether it is struck; does not return where the process is to die before it. */
static int strikes(const char *call, const char *path, int can_tear) {
    /* Before `begin`, constructors of other libraries make calls that are not the program's. */
    if (!under || !listed(call)) return 0;
    uint64_t number = atomic_fetch_add(&record->counted, 1) + 1;
    if (number <= sizeof record->order)
        for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
            if (strcmp(letters[i].call, call) == 0) record->order[number - 1] = letters[i].letter;
    if (at == 0 || number < at || (number > at && !lasting)) return 0;
    if (atomic_fetch_add(&record->struck, 1) == 0) {
        strncpy(record->call, call, sizeof record->call - 1);
        strncpy(record->path, path, sizeof record->path - 1);
    }
    if (killing && !(tearing && can_tear)) {
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;) pause();
    }
    return 1;
}

static int strikes_path(const char *call, int directory, const char *path) {
    char whole[PATH_MAX + 1];
    if (!path) return 0;
    if (path[0] != '/') {
        char link[64];
        if (directory == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
        ssize_t length = readlink(link, whole, PATH_MAX / 2);
        if (length < 0) return 0;
        snprintf(whole + length, sizeof whole - (size_t)length, "/%s", path);
        path = whole;
    }
    return lies_under(path) && strikes(call, path, 0);
}

/* Whether a call on a socket is struck: one of the Internet's, which is where providers are. */
static int strikes_socket(const char *call, int file) {
    int domain = 0, type = 0, saved = errno;
    socklen_t size = sizeof domain;
    int known = sockets && getsockopt(file, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0;
    size = sizeof type;
    known = known && getsockopt(file, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    errno = saved;
    return known && (domain == AF_INET || domain == AF_INET6) && type == SOCK_STREAM && strikes(call, "a socket", 0);
}

static int strikes_file(const char *call, int file, int can_tear) {
    char link[64], path[PATH_MAX];
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, "socket:", 7) == 0) return strikes_socket(strcmp(call, "read") == 0 ? "recv" : "send", file);
    return lies_under(path) && strikes(call, path, can_tear);
}

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))
#define FAIL return errno = error_number, -1

#define OPEN(name)                                                                       \
    int name(const char *path, int flags, ...) {                                         \
        va_list rest;                                                                    \
        va_start(rest, flags);                                                           \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;          \
        va_end(rest);                                                                    \
        if (strikes_path("open", AT_FDCWD, path)) FAIL;                                  \
        return REAL(name)(path, flags, mode);                                            \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                     \
    int name(int directory, const char *path, int flags, ...) {                          \
        va_list rest;                                                                    \
        va_start(rest, flags);                                                           \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;          \
        va_end(rest);                                                                    \
        if (strikes_path("open", directory, path)) FAIL;                                 \
        return REAL(name)(directory, path, flags, mode);                                 \
    }
OPENAT(openat)
OPENAT(openat64)

/* A struck write either fails or, to tear it, leaves half of its bytes and the process dies. */
#define WRITE(call, name, parameters, whole, half)                                       \
    ssize_t name parameters {                                                            \
        if (strikes_file(call, file, 1)) {                                               \
            if (!killing) FAIL;                                                          \
            half;                                                                        \
            syscall(SYS_kill, getpid(), SIGKILL);                                        \
            for (;;) pause();                                                            \
        }                                                                                \
        return whole;                                                                    \
    }
WRITE("write", write, (int file, const void *bytes, size_t count), REAL(write)(file, bytes, count),
      REAL(write)(file, bytes, count / 2))
WRITE("write", pwrite, (int file, const void *bytes, size_t count, off_t offset),
      REAL(pwrite)(file, bytes, count, offset), REAL(pwrite)(file, bytes, count / 2, offset))
WRITE("write", pwrite64, (int file, const void *bytes, size_t count, off64_t offset),
      REAL(pwrite64)(file, bytes, count, offset), REAL(pwrite64)(file, bytes, count / 2, offset))

#define ON_FILE(type, call, name, parameters, arguments)                                 \
    type name parameters {                                                               \
        if (strikes_file(call, file, 0)) FAIL;                                           \
        return REAL(name) arguments;                                                     \
    }
ON_FILE(ssize_t, "read", read, (int file, void *bytes, size_t count), (file, bytes, count))
ON_FILE(ssize_t, "read", pread, (int file, void *bytes, size_t count, off_t offset), (file, bytes, count, offset))
ON_FILE(ssize_t, "read", pread64, (int file, void *bytes, size_t count, off64_t offset), (file, bytes, count, offset))
ON_FILE(int, "fsync", fsync, (int file), (file))
ON_FILE(int, "fsync", fdatasync, (int file), (file))
ON_FILE(int, "ftruncate", ftruncate, (int file, off_t size), (file, size))
ON_FILE(int, "ftruncate", ftruncate64, (int file, off64_t size), (file, size))

#define ON_SOCKET(type, call, name, parameters, arguments)                               \
    type name parameters {                                                               \
        if (strikes_socket(call, file)) FAIL;                                            \
        return REAL(name) arguments;                                                     \
    }
ON_SOCKET(int, "connect", connect, (int file, const struct sockaddr *address, socklen_t size), (file, address, size))
ON_SOCKET(ssize_t, "send", writev, (int file, const struct iovec *parts, int count), (file, parts, count))
ON_SOCKET(ssize_t, "send", send, (int file, const void *bytes, size_t count, int flags), (file, bytes, count, flags))
ON_SOCKET(ssize_t, "send", sendmsg, (int file, const struct msghdr *message, int flags), (file, message, flags))
ON_SOCKET(ssize_t, "recv", recv, (int file, void *bytes, size_t count, int flags), (file, bytes, count, flags))
ON_SOCKET(ssize_t, "recv", recvmsg, (int file, struct msghdr *message, int flags), (file, message, flags))

#define ON_PATH(call, name, parameters, directory, path, arguments)                      \
    int name parameters {                                                                \
        if (strikes_path(call, directory, path)) FAIL;                                   \
        return REAL(name) arguments;                                                     \
    }
ON_PATH("rename", rename, (const char *from, const char *to), AT_FDCWD, to, (from, to))
ON_PATH("rename", renameat, (int a, const char *from, int b, const char *to), b, to, (a, from, b, to))
ON_PATH("rename", renameat2, (int a, const char *from, int b, const char *to, unsigned flags), b, to,
        (a, from, b, to, flags))
ON_PATH("link", link, (const char *from, const char *to), AT_FDCWD, to, (from, to))
ON_PATH("link", linkat, (int a, const char *from, int b, const char *to, int flags), b, to, (a, from, b, to, flags))
ON_PATH("unlink", unlink, (const char *path), AT_FDCWD, path, (path))
ON_PATH("unlink", unlinkat, (int directory, const char *path, int flags), directory, path, (directory, path, flags))
ON_PATH("mkdir", mkdir, (const char *path, mode_t mode), AT_FDCWD, path, (path, mode))

#define MMAP(name, offset_type)                                                          \
    void *name(void *address, size_t size, int access, int flags, int file, offset_type offset) { \
        int struck = file < 0 ? strikes("anonymous", "", 0) : strikes_file("mmap", file, 0); \
        if (struck) return errno = error_number, MAP_FAILED;                             \
        return REAL(name)(address, size, access, flags, file, offset);                   \
    }
MMAP(mmap, off_t)
MMAP(mmap64, off64_t)
