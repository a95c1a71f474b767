/* Stands between a program and the C library, for files whose paths end as SHIM_FILES says
 * (suffixes with colons between them). What it does is asked for by the environment:
 *
 *   SHIM_KILL_AT=N   kill -9 in the place of the Nth write, sync, truncation or deletion
 *   SHIM_FAIL=PATH   the next sync after PATH was made fails, once; PATH is gone then
 *   SHIM_NO_SYNC=1   no sync does anything, and all of them say that they did
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_watched_path(const char *path, ssize_t len) {
    const char *suffix = getenv("SHIM_FILES");
    while (suffix && len > 0) {
        size_t n = strcspn(suffix, ":");
        if (n > 0 && (size_t)len >= n && memcmp(path + len - n, suffix, n) == 0) return 1;
        suffix = suffix[n] ? suffix + n + 1 : NULL;
    }
    return 0;
}

static int is_watched(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return is_watched_path(path, readlink(link, path, sizeof path));
}

static void count(void) {
    static long done;
    const char *at = getenv("SHIM_KILL_AT");
    if (at && __atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST) == atol(at)) kill(getpid(), SIGKILL);
}

static int sync_by(const char *name, int fd) {
    if (is_watched(fd)) {
        const char *fail = getenv("SHIM_FAIL");
        count();
        if (fail && unlink(fail) == 0) {
            errno = EIO;
            return -1;
        }
        if (getenv("SHIM_NO_SYNC")) return 0;
    }
    int (*next)(int) = dlsym(RTLD_NEXT, name);
    return next(fd);
}

int fsync(int fd) { return sync_by("fsync", fd); }
int fdatasync(int fd) { return sync_by("fdatasync", fd); }

ssize_t write(int fd, const void *bytes, size_t len) {
    ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (is_watched(fd)) count();
    return next(fd, bytes, len);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) {
    ssize_t (*next)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
    if (is_watched(fd)) count();
    return next(fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at) {
    ssize_t (*next)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    if (is_watched(fd)) count();
    return next(fd, bytes, len, at);
}

int ftruncate(int fd, off_t len) {
    int (*next)(int, off_t) = dlsym(RTLD_NEXT, "ftruncate");
    if (is_watched(fd)) count();
    return next(fd, len);
}

int ftruncate64(int fd, off64_t len) {
    int (*next)(int, off64_t) = dlsym(RTLD_NEXT, "ftruncate64");
    if (is_watched(fd)) count();
    return next(fd, len);
}

int unlink(const char *path) {
    int (*next)(const char *) = dlsym(RTLD_NEXT, "unlink");
    if (is_watched_path(path, strlen(path))) count();
    return next(path);
}
