/*
 * Stands between a process and the C library, and at one chosen call kills the process or lets the call fail.
 *
 * It is loaded with LD_PRELOAD and knows nothing of the product. What it shall do stands in the environment:
 *
 *   CRASH_DEED   "watch", "kill before", "kill after", "fail ERRNO once" or "fail ERRNO always" (from then on)
 *   CRASH_PLACE  where: steps, one a line, each "CALL <tab> NTH <tab> FILE <tab> TEXT". A step counts only after the one before it
 *                came to pass; the deed is done at the last. CALL is a name of the list below, or "change" for whatever changes
 *                a file. FILE is the end of a path, "socket", "same" (the handle of the step before), or empty for any file
 *                below CRASH_UNDER. TEXT stands in the bytes that are sent, written or received; empty means any.
 *   CRASH_UNDER  the folder; files elsewhere are left alone
 *   CRASH_LOG    a file that is told of the deed, of a flush that is tried again after one failed on the same handle, and,
 *                where it only watches, of every call that it stands in front of
 *
 * Calls are made by their numbers, so that nothing of the C library has to be looked up. Renames do not pass through the C
 * library at all: a filter turns them into a signal, and its handler makes the call.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

enum call { OPEN, WRITE, FLUSH, TRUNCATE, RENAME, LOCK, CONNECT, SEND, RECEIVE, CHANGE };
static const char *const CALLS[] = {"open", "write", "flush", "truncate", "rename", "lock", "connect", "send", "receive", "change"};

enum deed { NOTHING, WATCH, KILL_BEFORE, KILL_AFTER, FAIL_ONCE, FAIL_ALWAYS };

struct step {
    enum call call;
    long nth, seen;
    char file[128], text[256];
};

enum { MOST_STEPS = 4, MOST_HANDLES = 4096, MOST_PATH = 4096 };

static enum deed deed;
static int failure;
static struct step steps[MOST_STEPS];
static int last_step = -1;
static char under[MOST_PATH];
static int log_handle = -1;

/* What changes: which step is waited for, the handle of the one before, and the handles on which a flush failed. */
static int lock_word, at, same_handle = -1, done;
static char flush_failed[MOST_HANDLES];

static void lock(void) { while (__atomic_exchange_n(&lock_word, 1, __ATOMIC_ACQUIRE)) {} }
static void unlock(void) { __atomic_store_n(&lock_word, 0, __ATOMIC_RELEASE); }

static void tell(const char *what, enum call call, const char *path) {
    char line[MOST_PATH + 64];
    int length = snprintf(line, sizeof line, "%s %s %s\n", what, CALLS[call], path);
    if (log_handle >= 0 && length > 0) syscall(SYS_write, log_handle, line, (size_t)length);
}

/* Ends the process here and now. The lock is held, so no other thread gets through another call meanwhile. */
static void die(enum call call, const char *path) {
    tell("killed", call, path);
    for (;;) syscall(SYS_kill, (long)getpid(), SIGKILL);
}

static int ends_with(const char *path, const char *end) {
    size_t all = strlen(path), part = strlen(end);
    return all >= part && strcmp(path + all - part, end) == 0;
}

static int holds(const struct iovec *parts, int count, const char *text) {
    if (!*text) return 1;
    for (int i = 0; i < count; i++)
        if (memmem(parts[i].iov_base, parts[i].iov_len, text, strlen(text))) return 1;
    return 0;
}

static int is_below(const char *path) {
    size_t length = strlen(under);
    return *path == '/' && strncmp(path, under, length) == 0 && (path[length] == '/' || !path[length]);
}

static int is_at(const struct step *step, enum call call, int handle, const char *path, const struct iovec *parts, int count) {
    if (step->call != call && !(step->call == CHANGE && call <= RENAME)) return 0;
    if (strcmp(step->file, "same") == 0) {
        if (handle != same_handle) return 0;
    } else if (strcmp(step->file, "socket") == 0) {
        if (strncmp(path, "socket:", 7) != 0) return 0;
    } else if (!is_below(path) || !ends_with(path, step->file)) {
        return 0;
    }
    return holds(parts, count, step->text);
}

/* What the caller does: go on, fail, or call `after` once the call was made. */
enum turn { GO_ON, FAIL, KILL_THEN, ADVANCE_THEN };

static enum turn before(enum call call, int handle, const char *path, const struct iovec *parts, int count) {
    enum turn turn = GO_ON;
    lock();
    if (deed == WATCH && (is_below(path) || strncmp(path, "socket:", 7) == 0)) tell("saw", call, path);
    if (call == FLUSH && handle >= 0 && handle < MOST_HANDLES && flush_failed[handle]) tell("again", call, path);
    if (!done && last_step >= 0 && is_at(&steps[at], call, handle, path, parts, count)) {
        struct step *step = &steps[at];
        step->seen++;
        if (at < last_step) {
            if (step->seen == step->nth) turn = ADVANCE_THEN;
        } else if (step->seen >= step->nth) {
            if (deed == KILL_BEFORE) die(call, path);
            if (deed == KILL_AFTER) turn = KILL_THEN;
            if (deed == FAIL_ONCE || deed == FAIL_ALWAYS) turn = FAIL;
            done = deed == FAIL_ONCE;
        }
    }
    if (turn == FAIL) {
        tell("failed", call, path);
        if (call == FLUSH && handle >= 0 && handle < MOST_HANDLES) flush_failed[handle] = 1;
        errno = failure;
    }
    unlock();
    return turn;
}

static void after(enum turn turn, enum call call, int handle, const char *path) {
    if (turn != KILL_THEN && turn != ADVANCE_THEN) return;
    int kept = errno;
    lock();
    if (turn == KILL_THEN) die(call, path);
    same_handle = handle;
    at++;
    unlock();
    errno = kept;
}

static const char *path_of(int handle, char *path) {
    char name[64];
    int kept = errno;
    snprintf(name, sizeof name, "/proc/self/fd/%d", handle);
    long length = syscall(SYS_readlinkat, AT_FDCWD, name, path, (size_t)MOST_PATH - 1);
    path[length > 0 ? length : 0] = 0;
    errno = kept;
    return path;
}

/* Makes `made` between `before` and `after`. */
#define AROUND(call, handle, path, parts, count, made)                        \
    do {                                                                      \
        if (deed == NOTHING) return made;                                     \
        const char *around_path = (path);                                     \
        enum turn turn = before(call, handle, around_path, parts, count);     \
        if (turn == FAIL) return -1;                                          \
        long result = made;                                                   \
        after(turn, call, handle, around_path);                               \
        return result;                                                        \
    } while (0)

static int open_file(const char *path, int flags, mode_t mode) {
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
    if (!writes) return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    AROUND(OPEN, -1, path, NULL, 0, (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

static mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_file(path, flags | O_LARGEFILE, mode);
}

int close(int handle) {
    lock();
    if (handle >= 0 && handle < MOST_HANDLES) flush_failed[handle] = 0;
    unlock();
    return (int)syscall(SYS_close, handle);
}

/* A write to a socket is a sending. */
static enum call writing(const char *path) { return strncmp(path, "socket:", 7) == 0 ? SEND : WRITE; }

ssize_t write(int handle, const void *bytes, size_t length) {
    char path[MOST_PATH];
    struct iovec part = {(void *)bytes, length};
    path_of(handle, path);
    AROUND(writing(path), handle, path, &part, 1, syscall(SYS_write, handle, bytes, length));
}

ssize_t writev(int handle, const struct iovec *parts, int count) {
    char path[MOST_PATH];
    path_of(handle, path);
    AROUND(writing(path), handle, path, parts, count, syscall(SYS_writev, handle, parts, count));
}

ssize_t pwrite64(int handle, const void *bytes, size_t length, off64_t offset) {
    char path[MOST_PATH];
    struct iovec part = {(void *)bytes, length};
    AROUND(WRITE, handle, path_of(handle, path), &part, 1, syscall(SYS_pwrite64, handle, bytes, length, offset));
}

ssize_t send(int handle, const void *bytes, size_t length, int flags) {
    char path[MOST_PATH];
    struct iovec part = {(void *)bytes, length};
    AROUND(SEND, handle, path_of(handle, path), &part, 1, syscall(SYS_sendto, handle, bytes, length, flags, NULL, 0));
}

/* What comes is looked at before it is received, so that there is a before. */
ssize_t recv(int handle, void *bytes, size_t length, int flags) {
    char path[MOST_PATH];
    long shown = 0;
    if (deed != NOTHING && !(flags & MSG_PEEK)) {
        int kept = errno;
        shown = syscall(SYS_recvfrom, handle, bytes, length, flags | MSG_PEEK | MSG_DONTWAIT, NULL, NULL);
        errno = kept;
    }
    if (shown <= 0) return syscall(SYS_recvfrom, handle, bytes, length, flags, NULL, NULL);
    struct iovec part = {bytes, (size_t)shown};
    AROUND(RECEIVE, handle, path_of(handle, path), &part, 1, syscall(SYS_recvfrom, handle, bytes, length, flags, NULL, NULL));
}

int connect(int handle, const struct sockaddr *address, socklen_t length) {
    char path[MOST_PATH];
    AROUND(CONNECT, handle, path_of(handle, path), NULL, 0, (int)syscall(SYS_connect, handle, address, length));
}

int fsync(int handle) {
    char path[MOST_PATH];
    AROUND(FLUSH, handle, path_of(handle, path), NULL, 0, (int)syscall(SYS_fsync, handle));
}

int fdatasync(int handle) {
    char path[MOST_PATH];
    AROUND(FLUSH, handle, path_of(handle, path), NULL, 0, (int)syscall(SYS_fdatasync, handle));
}

int ftruncate64(int handle, off64_t length) {
    char path[MOST_PATH];
    AROUND(TRUNCATE, handle, path_of(handle, path), NULL, 0, (int)syscall(SYS_ftruncate, handle, length));
}

int flock(int handle, int operation) {
    char path[MOST_PATH];
    AROUND(LOCK, handle, path_of(handle, path), NULL, 0, (int)syscall(SYS_flock, handle, operation));
}

/* The sixth argument of a rename that the handler makes; the filter lets it pass. */
#define OURS 0x63726173UL

#if defined(__x86_64__)
#define ARGUMENT(context, n) ((context)->uc_mcontext.gregs[((const int[]){REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8})[n]])
#define RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__)
#define ARGUMENT(context, n) ((context)->uc_mcontext.regs[n])
#define RESULT(context) ((context)->uc_mcontext.regs[0])
#endif

#ifdef RESULT
static long renamed(int number, ucontext_t *context) {
    long flags = number == SYS_renameat2 ? (long)ARGUMENT(context, 4) : 0;
#ifdef SYS_rename
    if (number == SYS_rename)
        return syscall(SYS_renameat2, AT_FDCWD, ARGUMENT(context, 0), AT_FDCWD, ARGUMENT(context, 1), flags, OURS);
#endif
    return syscall(SYS_renameat2, ARGUMENT(context, 0), ARGUMENT(context, 1), ARGUMENT(context, 2), ARGUMENT(context, 3), flags, OURS);
}

static long rename_between(int number, ucontext_t *context) {
    int target = 3;
#ifdef SYS_rename
    if (number == SYS_rename) target = 1;
#endif
    AROUND(RENAME, -1, (const char *)ARGUMENT(context, target), NULL, 0, renamed(number, context));
}

static void on_rename(int signal, siginfo_t *about, void *context) {
    (void)signal;
    int kept = errno;
    long result = rename_between(about->si_syscall, context);
    RESULT((ucontext_t *)context) = (unsigned long)(result < 0 ? -errno : result);
    errno = kept;
}

static void trap_renames(void) {
    struct sigaction action = {.sa_sigaction = on_rename, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSYS, &action, NULL);
#define TRAP(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3), \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])), \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OURS, 1, 0), \
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP), \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef SYS_rename
        TRAP(SYS_rename),
#endif
#ifdef SYS_renameat
        TRAP(SYS_renameat),
#endif
        TRAP(SYS_renameat2),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) tell("cannot trap", RENAME, "");
}
#else
static void trap_renames(void) {}
#endif

static enum call call_named(const char *name) {
    int call = OPEN;
    while (call < CHANGE && strcmp(CALLS[call], name) != 0) call++;
    return call;
}

static void read_place(char *place) {
    char *rest_of_place = NULL;
    for (char *line = strtok_r(place, "\n", &rest_of_place); line && last_step + 1 < MOST_STEPS; line = strtok_r(NULL, "\n", &rest_of_place)) {
        struct step *step = &steps[++last_step];
        step->call = call_named(strsep(&line, "\t"));
        step->nth = line ? atol(strsep(&line, "\t")) : 1;
        snprintf(step->file, sizeof step->file, "%s", line ? strsep(&line, "\t") : "");
        snprintf(step->text, sizeof step->text, "%s", line ? line : "");
    }
}

__attribute__((constructor)) static void begin(void) {
    const char *what = getenv("CRASH_DEED"), *folder = getenv("CRASH_UNDER"), *log = getenv("CRASH_LOG"), *place = getenv("CRASH_PLACE");
    char how_often[16] = "";
    if (!what || !folder) return;
    snprintf(under, sizeof under, "%s", folder);
    if (log) log_handle = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (place) read_place(strdup(place));
    trap_renames();
    if (strcmp(what, "watch") == 0) deed = WATCH;
    if (strcmp(what, "kill before") == 0) deed = KILL_BEFORE;
    if (strcmp(what, "kill after") == 0) deed = KILL_AFTER;
    if (sscanf(what, "fail %d %15s", &failure, how_often) == 2) deed = strcmp(how_often, "once") == 0 ? FAIL_ONCE : FAIL_ALWAYS;
}
