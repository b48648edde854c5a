/* Tables of fixed size under 64-bit hashes that nobody outside can foresee. Each hash belongs to one row of a few places; where a row is
 * full, the least suspicious and oldest makes room. So memory is bounded whatever comes, and a flood of strangers pushes out strangers. */
#ifndef GUARD_TABLE_H
#define GUARD_TABLE_H

#include "base/base.h"

enum {
	GUARD_ROW = 8,
	GUARD_SLOTS = 4,                /* of a window of counts: three whole thirds and the part of a fourth that still counts */
	GUARD_BIT_SLOTS = 3,            /* of a window of distinct values: two whole halves and one older */
	GUARD_BITS = 128,
	GUARD_SCORE_MOST = 255,
};

/* What is kept for one rule and key: one cache line. */
struct guard_cell {
	uint64_t tag;
	uint32_t epoch;                         /* number of the newest slot since birth */
	uint32_t quiet_s;                       /* until then a decision lasts */
	union {
		uint32_t count[2][GUARD_SLOTS];         /* the rule's events, and its other events */
		uint64_t bits[GUARD_BIT_SLOTS][GUARD_BITS / 64];
		struct { uint32_t level, since_s, until_s; } offence;
	};
};

/* How a row finds its cells: one cache line. */
struct guard_row {
	uint16_t tag[GUARD_ROW];
	uint32_t used_s[GUARD_ROW];             /* 0: free */
	uint8_t score[GUARD_ROW];               /* suspicion */
	uint8_t spare[8];
};

struct guard_table { void *memory; struct guard_row *rows; struct guard_cell *cells; size_t row_mask; };

void guard_table_init(struct guard_table *t, size_t cells);
void guard_table_done(struct guard_table *t);
size_t guard_table_memory(const struct guard_table *t);
/* Asks memory for the row, later for the cell, of a hash that will be wanted. */
void guard_table_prefetch_row(const struct guard_table *t, uint64_t hash);
void guard_table_prefetch_cell(const struct guard_table *t, uint64_t hash, uint32_t now_s);
/* The cell of a hash; made, zeroed, when it is not there. now_s counts from 1. */
struct guard_cell *guard_table_cell(struct guard_table *t, uint64_t hash, uint32_t now_s);
struct guard_cell *guard_table_find(const struct guard_table *t, uint64_t hash);        /* NULL when absent */
void guard_table_score(struct guard_table *t, const struct guard_cell *c, uint32_t score);
void guard_table_drop(struct guard_table *t, uint64_t hash);

/* A moment in a window: which slot it falls into since birth, and how much of the slot is still to come. Worked out once an event. */
struct guard_moment { uint32_t epoch; uint64_t span_ms, left_ms; };
struct guard_moment guard_moment_of(uint32_t window_s, bool bits, uint64_t now_ms);

void guard_cell_slide(struct guard_cell *c, bool bits, const struct guard_moment *m);         /* drops what is older than the window */
void guard_cell_add(struct guard_cell *c, unsigned which, uint32_t n);
uint32_t guard_cell_count(const struct guard_cell *c, unsigned which, const struct guard_moment *m);
void guard_cell_mark(struct guard_cell *c, uint64_t value_hash);
unsigned guard_cell_marks(const struct guard_cell *c);          /* bits that stand, 0 to GUARD_BITS */

/* What was seen lately: hashes only. `keep` marks what gives way last. */
enum { GUARD_MEMORY_ROW = 4 };
struct guard_seen { uint64_t hash; uint32_t used_s; bool keep; };
struct guard_memory { void *memory; struct guard_seen *rows; size_t row_mask; };

void guard_memory_init(struct guard_memory *m, size_t places);
void guard_memory_done(struct guard_memory *m);
size_t guard_memory_bytes(const struct guard_memory *m);
bool guard_memory_has(const struct guard_memory *m, uint64_t hash, uint32_t now_s, uint32_t most_s);
void guard_memory_put(struct guard_memory *m, uint64_t hash, uint32_t now_s, bool keep);

#endif
