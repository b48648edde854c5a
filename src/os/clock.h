/* Time. Waiting and retries use the monotonic clock; only what people or protocols see uses the real one (B52). */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include <stdint.h>

int64_t clock_mono_ms(void);        /* since boot; never steps */
int64_t clock_mono_us(void);
int64_t clock_real(void);           /* unix seconds */
int64_t clock_real_ms(void);

#endif
