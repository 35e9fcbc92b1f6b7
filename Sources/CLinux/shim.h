#pragma once
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

/* What Swift cannot import: variadic functions, and constants behind _GNU_SOURCE. */

static inline int linux_set_dumpable(int dumpable) {
    return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
}

/* Open-file-description locks (fcntl(2)): owned by the open file, so that two
   handles of one process exclude each other and a killed holder lets go. */
static inline int linux_ofd_lock(int fd, short type, long long start, long long length, int wait) {
    struct flock lock = {0};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = start;
    lock.l_len = length;
    return fcntl(fd, wait ? 38 /* F_OFD_SETLKW */ : 37 /* F_OFD_SETLK */, &lock);
}

/* A pipe for signal handlers: closed on exec, and never waited for. */
#include <unistd.h>
static inline int linux_signal_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC | O_NONBLOCK);
}
