#include "CBenchSupport.h"

#include <errno.h>
#include <stdlib.h>

/* An executable's own malloc takes the place of libc's for everything that it loads, Swift's runtime included. It
   counts and hands on. The count is the thread's own, so that a measurement sees its own thread's allocations and
   no other's; "initial-exec" because the general model may itself allocate. */
#if defined(__GLIBC__)

static __thread uint64_t count __attribute__((tls_model("initial-exec")));

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t bytes) { count++; return __libc_malloc(bytes); }
void *calloc(size_t number, size_t bytes) { count++; return __libc_calloc(number, bytes); }
void *realloc(void *old, size_t bytes) { count++; return __libc_realloc(old, bytes); }
void *memalign(size_t alignment, size_t bytes) { count++; return __libc_memalign(alignment, bytes); }
void *aligned_alloc(size_t alignment, size_t bytes) { count++; return __libc_memalign(alignment, bytes); }

int posix_memalign(void **result, size_t alignment, size_t bytes) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
    count++;
    void *memory = __libc_memalign(alignment, bytes);
    if (memory == NULL) return ENOMEM;
    *result = memory;
    return 0;
}

int bench_counts_allocations(void) { return 1; }
uint64_t bench_allocations(void) { return count; }

#else

int bench_counts_allocations(void) { return 0; }
uint64_t bench_allocations(void) { return 0; }

#endif
