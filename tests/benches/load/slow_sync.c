/* A disk that takes its time, simulated: put before the C library (LD_PRELOAD), every sync takes SYNC_MICROSECONDS longer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_for_the_disk(void) {
    const char *said = getenv("SYNC_MICROSECONDS");
    if (said) usleep((useconds_t)atoi(said));
}

int fsync(int file) {
    int (*next)(int) = dlsym(RTLD_NEXT, "fsync");
    wait_for_the_disk();
    return next(file);
}

int fdatasync(int file) {
    int (*next)(int) = dlsym(RTLD_NEXT, "fdatasync");
    wait_for_the_disk();
    return next(file);
}
