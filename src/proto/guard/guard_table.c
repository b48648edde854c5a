#include "proto/guard/guard_table.h"

enum { LINE = 64, FADE_S = 600, FADE_MOST = 8 };

_Static_assert(sizeof(struct guard_cell) == LINE && sizeof(struct guard_row) == LINE, "a cache line each");
_Static_assert(sizeof(struct guard_seen) * GUARD_MEMORY_ROW == LINE, "a cache line a row");

static void *aligned(void *memory) { return (void *)(((uintptr_t)memory + LINE - 1) & ~(uintptr_t)(LINE - 1)); }

static size_t rows_for(size_t places, size_t row)
{
	size_t rows = 1;
	while (rows * row < places && rows < (size_t)1 << 40)
		rows *= 2;
	return rows;
}

void guard_table_init(struct guard_table *t, size_t cells)
{
	size_t rows = rows_for(cells, GUARD_ROW);
	t->memory = mem_alloc_array(rows * (GUARD_ROW + 1) + 1, LINE);
	t->rows = aligned(t->memory);
	t->cells = (struct guard_cell *)(t->rows + rows);
	t->row_mask = rows - 1;
}

void guard_table_done(struct guard_table *t) { mem_free(t->memory); }
size_t guard_table_memory(const struct guard_table *t) { return ((t->row_mask + 1) * (GUARD_ROW + 1) + 1) * LINE; }

static size_t row_of(const struct guard_table *t, uint64_t hash) { return (size_t)(hash >> 16) & t->row_mask; }

void guard_table_prefetch_row(const struct guard_table *t, uint64_t hash) { __builtin_prefetch(&t->rows[row_of(t, hash)]); }

static int place_of(const struct guard_table *t, size_t r, uint64_t hash)
{
	const struct guard_row *row = &t->rows[r];
	for (int i = 0; i < GUARD_ROW; i++)
		if (row->tag[i] == (uint16_t)hash && row->used_s[i] && t->cells[r * GUARD_ROW + (size_t)i].tag == hash)
			return i;
	return -1;
}

/* Suspicion fades by half every ten minutes; among equals the oldest goes. */
static int victim(const struct guard_row *row, uint32_t now_s)
{
	int worst = 0;
	uint64_t least = UINT64_MAX;
	for (int i = 0; i < GUARD_ROW; i++) {
		if (!row->used_s[i])
			return i;
		uint32_t age = now_s - row->used_s[i], fade = age / FADE_S;
		uint64_t worth = (uint64_t)(row->score[i] >> (fade < FADE_MOST ? fade : FADE_MOST)) << 32 | row->used_s[i];
		if (worth < least) {
			least = worth;
			worst = i;
		}
	}
	return worst;
}

void guard_table_prefetch_cell(const struct guard_table *t, uint64_t hash, uint32_t now_s)
{
	size_t r = row_of(t, hash);
	const struct guard_row *row = &t->rows[r];
	size_t i = 0;
	while (i < GUARD_ROW && (row->tag[i] != (uint16_t)hash || !row->used_s[i]))
		i++;
	if (i == GUARD_ROW)
		i = (size_t)victim(row, now_s);
	__builtin_prefetch(&t->cells[r * GUARD_ROW + i], 1);
}

struct guard_cell *guard_table_cell(struct guard_table *t, uint64_t hash, uint32_t now_s)
{
	size_t r = row_of(t, hash);
	struct guard_row *row = &t->rows[r];
	int i = place_of(t, r, hash);
	if (i < 0) {
		i = victim(row, now_s);
		row->tag[i] = (uint16_t)hash;
		row->score[i] = 0;
		t->cells[r * GUARD_ROW + (size_t)i] = (struct guard_cell){ .tag = hash };
	}
	row->used_s[i] = now_s;
	return &t->cells[r * GUARD_ROW + (size_t)i];
}

struct guard_cell *guard_table_find(const struct guard_table *t, uint64_t hash)
{
	size_t r = row_of(t, hash);
	int i = place_of(t, r, hash);
	return i < 0 ? NULL : &t->cells[r * GUARD_ROW + (size_t)i];
}

void guard_table_score(struct guard_table *t, const struct guard_cell *c, uint32_t score)
{
	size_t i = (size_t)(c - t->cells);
	t->rows[i / GUARD_ROW].score[i % GUARD_ROW] = (uint8_t)(score < GUARD_SCORE_MOST ? score : GUARD_SCORE_MOST);
}

void guard_table_drop(struct guard_table *t, uint64_t hash)
{
	size_t r = row_of(t, hash);
	int i = place_of(t, r, hash);
	if (i >= 0)
		t->rows[r].used_s[i] = 0;
}

static void clear_slot(struct guard_cell *c, bool bits, unsigned slot)
{
	if (bits)
		memset(c->bits[slot], 0, sizeof c->bits[slot]);
	else
		c->count[0][slot] = c->count[1][slot] = 0;
}

struct guard_moment guard_moment_of(uint32_t window_s, bool bits, uint64_t now_ms)
{
	uint64_t parts = bits ? GUARD_BIT_SLOTS - 1 : GUARD_SLOTS - 1;
	uint64_t span = ((uint64_t)window_s * 1000 + parts - 1) / parts, epoch = now_ms / span;
	return (struct guard_moment){ (uint32_t)epoch, span, span - (now_ms - epoch * span) };
}

void guard_cell_slide(struct guard_cell *c, bool bits, const struct guard_moment *m)
{
	unsigned slots = bits ? GUARD_BIT_SLOTS : GUARD_SLOTS;
	uint32_t steps = m->epoch - c->epoch;
	for (uint32_t i = 0; i < steps && i < slots; i++)
		clear_slot(c, bits, (m->epoch - i) % slots);
	c->epoch = m->epoch;
}

static uint32_t sum(uint32_t a, uint32_t b) { return a > UINT32_MAX - b ? UINT32_MAX : a + b; }

void guard_cell_add(struct guard_cell *c, unsigned which, uint32_t n)
{
	uint32_t *slot = &c->count[which][c->epoch % GUARD_SLOTS];
	*slot = sum(*slot, n);
}

uint32_t guard_cell_count(const struct guard_cell *c, unsigned which, const struct guard_moment *m)
{
	uint32_t total = 0, oldest = c->count[which][(c->epoch + 1) % GUARD_SLOTS];
	for (uint32_t age = 0; age + 1 < GUARD_SLOTS; age++)
		total = sum(total, c->count[which][(c->epoch - age) % GUARD_SLOTS]);
	return oldest ? sum(total, (uint32_t)(oldest * m->left_ms / m->span_ms)) : total;
}

void guard_cell_mark(struct guard_cell *c, uint64_t value_hash)
{
	unsigned bit = value_hash % GUARD_BITS;
	c->bits[c->epoch % GUARD_BIT_SLOTS][bit / 64] |= (uint64_t)1 << bit % 64;
}

unsigned guard_cell_marks(const struct guard_cell *c)
{
	int n = 0;
	for (unsigned half = 0; half < GUARD_BITS / 64; half++)
		n += __builtin_popcountll(c->bits[0][half] | c->bits[1][half] | c->bits[2][half]);
	return (unsigned)n;
}

void guard_memory_init(struct guard_memory *m, size_t places)
{
	size_t rows = rows_for(places, GUARD_MEMORY_ROW);
	m->memory = mem_alloc_array(rows + 1, LINE);
	m->rows = aligned(m->memory);
	m->row_mask = rows - 1;
}

void guard_memory_done(struct guard_memory *m) { mem_free(m->memory); }
size_t guard_memory_bytes(const struct guard_memory *m) { return (m->row_mask + 2) * LINE; }

static struct guard_seen *seen_row(const struct guard_memory *m, uint64_t hash)
{
	return &m->rows[((size_t)(hash >> 16) & m->row_mask) * GUARD_MEMORY_ROW];
}

bool guard_memory_has(const struct guard_memory *m, uint64_t hash, uint32_t now_s, uint32_t most_s)
{
	const struct guard_seen *row = seen_row(m, hash);
	for (unsigned i = 0; i < GUARD_MEMORY_ROW; i++)
		if (row[i].hash == hash && row[i].used_s)
			return now_s - row[i].used_s <= most_s;
	return false;
}

void guard_memory_put(struct guard_memory *m, uint64_t hash, uint32_t now_s, bool keep)
{
	struct guard_seen *row = seen_row(m, hash), *worst = NULL;
	for (unsigned i = 0; i < GUARD_MEMORY_ROW; i++) {
		if (row[i].used_s && row[i].hash == hash) {
			worst = &row[i];
			break;
		}
		bool weaker = !worst || (row[i].keep != worst->keep ? worst->keep : row[i].used_s < worst->used_s);
		if (weaker)
			worst = &row[i];
	}
	*worst = (struct guard_seen){ hash, now_s, keep };
}
