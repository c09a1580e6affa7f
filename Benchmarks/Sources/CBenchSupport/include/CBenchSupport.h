#ifndef HYPERSTEP_BENCH_SUPPORT_H
#define HYPERSTEP_BENCH_SUPPORT_H

#include <stdint.h>

/* The processor's tick counter: cheaper than the clock, and constant in rate on current machines. */
static inline uint64_t bench_ticks(void) {
#if defined(__x86_64__)
    uint32_t low, high;
    /* rdtscp waits for the instructions before it; the fence keeps those after it from starting early. */
    __asm__ volatile("rdtscp\n\tlfence" : "=a"(low), "=d"(high) : : "rcx", "memory");
    return ((uint64_t)high << 32) | low;
#elif defined(__aarch64__)
    uint64_t value;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(value) : : "memory");
    return value;
#else
#error "no tick counter is known for this processor"
#endif
}

/* Whether allocations are counted on this system (glibc). */
int bench_counts_allocations(void);

/* How often the calling thread has asked for memory: malloc, calloc, realloc, memalign and their kin. */
uint64_t bench_allocations(void);

#endif
