/* Rings of fixed size. */
#include "role/guard/guard_role.h"

#include "os/clock.h"

#include <stdio.h>

static struct recent_event events[RECENT_EVENTS];
static struct recent_decision decisions[RECENT_DECISIONS];
static uint64_t event_count, decision_count;

void recent_add(const struct guard_event *e, enum role role, unsigned worker)
{
	events[event_count++ % RECENT_EVENTS] = (struct recent_event){ clock_real_ms(), clock_mono_ms(), role, worker, *e };
}

void recent_decided(const char *text)
{
	struct recent_decision *d = &decisions[decision_count++ % RECENT_DECISIONS];
	d->at = clock_real();
	snprintf(d->text, sizeof d->text, "%s", text);
}

const struct recent_event *recent_event(size_t back)
{
	return back < event_count && back < RECENT_EVENTS ? &events[(event_count - 1 - back) % RECENT_EVENTS] : NULL;
}

const struct recent_decision *recent_decision(size_t back)
{
	return back < decision_count && back < RECENT_DECISIONS ? &decisions[(decision_count - 1 - back) % RECENT_DECISIONS] : NULL;
}

uint64_t recent_total(void) { return event_count; }
