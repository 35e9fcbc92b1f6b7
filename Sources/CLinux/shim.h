#pragma once
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

/* What Swift cannot import: variadic functions, and what hides behind _GNU_SOURCE. That is not defined here, because it
   changes types that other modules see too (fd_set): what it would give is declared by hand. */

static inline int linux_set_dumpable(int dumpable) {
    return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
}

/* Whether this process may be traced, and leave a core file (PR_GET_DUMPABLE). */
static inline int linux_is_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }

/* Whether something keeps the kernel's clock in step with others (adjtimex(2)); -1 where the kernel does not say. */
#include <sys/timex.h>
static inline int linux_clock_is_kept(void) {
    struct timex clock = {0};
    int state = adjtimex(&clock);
    if (state < 0) return -1;
    return state != TIME_ERROR && !(clock.status & STA_UNSYNC);
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
extern int pipe2(int ends[2], int flags);
static inline int linux_signal_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC | O_NONBLOCK);
}

/* Who is at the other end of a Unix socket, as the kernel noted it when the connection was made (unix(7), SO_PEERCRED). */
#include <sys/socket.h>
static inline int linux_peer(int fd, pid_t *pid, uid_t *uid) {
    struct { pid_t pid; uid_t uid; gid_t gid; } peer; /* struct ucred */
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return -1;
    *pid = peer.pid;
    *uid = peer.uid;
    return 0;
}

/* A connection that somebody made, close-on-exec and non-blocking. */
extern int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
static inline int linux_accept(int listener) {
    return accept4(listener, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* epoll(7), whose constants Swift sees as other types than the calls take. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
static inline int linux_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int linux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
/* Tells once when fd can be read, or written. */
static inline int linux_epoll_arm(int epoll, int fd, int writing, int isNew) {
    struct epoll_event event = {0};
    event.events = (writing ? EPOLLOUT : EPOLLIN | EPOLLRDHUP) | EPOLLONESHOT;
    event.data.fd = fd;
    return epoll_ctl(epoll, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
}
/* Tells as often as fd can be read. */
static inline int linux_epoll_watch(int epoll, int fd) {
    struct epoll_event event = {0};
    event.events = EPOLLIN;
    event.data.fd = fd;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}
/* Writes the descriptors that are ready to fds; at most 64. */
static inline int linux_epoll_wait(int epoll, int *fds, int timeout) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, timeout);
    for (int index = 0; index < count; index++) fds[index] = events[index].data.fd;
    return count;
}

/* A descriptor that can be read when the file at path was written to (inotify(7)); and forgets what it told so far. */
#include <sys/inotify.h>
#include <unistd.h>
static inline int linux_watch_writes(const char *path) {
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch >= 0 && inotify_add_watch(watch, path, IN_MODIFY) < 0) {
        close(watch);
        return -1;
    }
    return watch;
}
static inline void linux_watch_forget(int watch) {
    char events[4096];
    while (read(watch, events, sizeof events) > 0) {}
}

/* A descriptor that stands for a process, whatever program it runs (pidfd_open(2), Linux 5.3): readable when it has ended.
   Closed on exec. The number is the same on all architectures. */
static inline int linux_process_descriptor(pid_t process) { return (int)syscall(434, process, 0); }

/* Closes, in a program that is spawned, everything from a number on (glibc 2.34). By another name, because the header that
   declares it would make types of the C library ours in the eyes of other modules. */
extern int linux_file_actions_addclosefrom(void *actions, int from) __asm__("posix_spawn_file_actions_addclosefrom_np");
static inline int linux_spawn_close_from(void *actions, int from) {
    return linux_file_actions_addclosefrom(actions, from);
}

/* A file in memory, without a name and closed on exec (memfd_create(2)). */
extern int memfd_create(const char *name, unsigned int flags);
static inline int linux_memory_file(void) {
    return memfd_create("vaultctl", 1 /* MFD_CLOEXEC */);
}

/* Lets two files change places, at once (renameat2(2), RENAME_EXCHANGE). */
extern int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned int flags);
static inline int linux_exchange(const char *one, const char *other) {
    return renameat2(AT_FDCWD, one, AT_FDCWD, other, 2);
}

/* Gives a file another name that nothing has yet (renameat2(2), RENAME_NOREPLACE). */
static inline int linux_rename_to_new(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 1);
}

/* What a file has besides its content and mode (xattr(7)), an access list among it. */
#include <sys/xattr.h>
