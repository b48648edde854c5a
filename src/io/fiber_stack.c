#include "io/fiber_switch.h"

#include <stdint.h>
#include <string.h>

/* The frame that fiber_switch pops: see fiber_switch.S. */
void *fiber_stack_prepare(void *top, void (*entry)(void))
{
#if defined(__x86_64__)
	/* low to high: control words, r15 r14 r13 r12 rbx rbp, return address, and a zero where entry's caller would be */
	uint64_t *frame = (uint64_t *)top - 9;
	memset(frame, 0, 9 * sizeof *frame);
	frame[0] = (uint64_t)0x037f << 32 | 0x1f80;
	frame[7] = (uint64_t)(uintptr_t)entry;
#elif defined(__aarch64__)
	uint64_t *frame = (uint64_t *)top - 22;
	memset(frame, 0, 22 * sizeof *frame);
	frame[11] = (uint64_t)(uintptr_t)entry;
#endif
	return frame;
}
