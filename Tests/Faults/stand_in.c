/* Makes a machine look like another one, for the tests of `doctor`: preload it with LD_PRELOAD.
 *
 * STAND_IN_FILES     a directory: what lies there below `proc` and `sys` is found in place of the machine's own; a file
 *                    that is not there is not on the machine either
 * STAND_IN_CLOCK     `kept`, `free` or `hidden`: what the kernel says of its clock
 * STAND_IN_SYSTEM    the number of a file system (linux/magic.h), hexadecimal
 * STAND_IN_FREE      bytes that are free on every disk
 * STAND_IN_DUMPABLE  1: the kernel lets this process be traced
 * STAND_IN_THREADS   0: SQLite was built without threads
 * STAND_IN_GUESS     `free`: a guess at a passphrase takes no time
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/vfs.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* The planted file in place of one of the kernel's, or the path as it is. Links that lead to the process itself stay. */
static const char *planted(const char *path, char *room, size_t size) {
    const char *files = getenv("STAND_IN_FILES");
    static const char *const told[] = {"/proc/swaps", "/proc/sys/kernel/", "/sys/block/"};
    for (size_t i = 0; files && i < sizeof told / sizeof *told; i++) {
        if (strncmp(path, told[i], strlen(told[i])) != 0) continue;
        snprintf(room, size, "%s%s", files, path);
        return room;
    }
    return path;
}

#define OPENING(name)                                                                  \
    int name(const char *path, int flags, ...) {                                       \
        char room[4096];                                                               \
        mode_t mode = 0;                                                               \
        if (flags & (O_CREAT | O_TMPFILE)) {                                           \
            va_list rest;                                                              \
            va_start(rest, flags);                                                     \
            mode = va_arg(rest, mode_t);                                               \
            va_end(rest);                                                              \
        }                                                                              \
        return NEXT(name)(planted(path, room, sizeof room), flags, mode);              \
    }
OPENING(open)
OPENING(open64)

int adjtimex(struct timex *clock) {
    const char *kind = getenv("STAND_IN_CLOCK");
    if (!kind) return NEXT(adjtimex)(clock);
    if (strcmp(kind, "hidden") == 0) {
        errno = EPERM;
        return -1;
    }
    int kept = strcmp(kind, "kept") == 0;
    clock->status = kept ? STA_PLL : STA_UNSYNC;
    return kept ? TIME_OK : TIME_ERROR;
}

int statfs(const char *path, struct statfs *status) {
    int code = NEXT(statfs)(path, status);
    const char *system = getenv("STAND_IN_SYSTEM");
    if (code == 0 && system) status->f_type = (__typeof__(status->f_type))strtoul(system, NULL, 16);
    return code;
}

int statvfs(const char *path, struct statvfs *status) {
    int code = NEXT(statvfs)(path, status);
    const char *free = getenv("STAND_IN_FREE");
    if (code == 0 && free) {
        status->f_frsize = 1;
        status->f_bavail = strtoull(free, NULL, 10);
    }
    return code;
}

int prctl(int option, ...) {
    unsigned long arguments[4];
    va_list rest;
    va_start(rest, option);
    for (int i = 0; i < 4; i++) arguments[i] = va_arg(rest, unsigned long);
    va_end(rest);
    const char *dumpable = getenv("STAND_IN_DUMPABLE");
    if (option == PR_GET_DUMPABLE && dumpable) return *dumpable == '1';
    return ((int (*)(int, ...))dlsym(RTLD_NEXT, "prctl"))(
        option, arguments[0], arguments[1], arguments[2], arguments[3]);
}

int sqlite3_threadsafe(void) {
    const char *threads = getenv("STAND_IN_THREADS");
    return threads ? *threads != '0' : ((int (*)(void))dlsym(RTLD_NEXT, "sqlite3_threadsafe"))();
}

int crypto_pwhash(
    unsigned char *out, unsigned long long length, const char *passphrase, unsigned long long count,
    const unsigned char *salt, unsigned long long passes, size_t memory, int algorithm
) {
    if (getenv("STAND_IN_GUESS")) return 0;
    return ((int (*)(unsigned char *, unsigned long long, const char *, unsigned long long, const unsigned char *,
                     unsigned long long, size_t, int))dlsym(RTLD_NEXT, "crypto_pwhash"))(
        out, length, passphrase, count, salt, passes, memory, algorithm);
}
