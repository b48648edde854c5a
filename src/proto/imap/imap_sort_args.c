#include "proto/imap/imap_sort_args.h"

static const struct { struct str name; enum imap_sort_key key; } keys[] = {
	{ STR_INIT("ARRIVAL"), IMAP_SORT_ARRIVAL },         { STR_INIT("CC"), IMAP_SORT_CC },
	{ STR_INIT("DATE"), IMAP_SORT_DATE },               { STR_INIT("FROM"), IMAP_SORT_FROM },
	{ STR_INIT("SIZE"), IMAP_SORT_SIZE },               { STR_INIT("SUBJECT"), IMAP_SORT_SUBJECT },
	{ STR_INIT("TO"), IMAP_SORT_TO },                   { STR_INIT("DISPLAYFROM"), IMAP_SORT_DISPLAYFROM },
	{ STR_INIT("DISPLAYTO"), IMAP_SORT_DISPLAYTO },
};

static const struct { struct str name; enum imap_thread_algorithm algorithm; } algorithms[] = {
	{ STR_INIT("ORDEREDSUBJECT"), IMAP_THREAD_ORDEREDSUBJECT },
	{ STR_INIT("REFERENCES"), IMAP_THREAD_REFERENCES },
	{ STR_INIT("REFS"), IMAP_THREAD_REFS },
};

static void add(struct imap_sort *s, enum imap_sort_key key, bool reverse)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->keys[i].key == key)
			return;
	s->keys[s->n].key = key;
	s->keys[s->n++].reverse = reverse;
}

/* sort-criterion = ["REVERSE" SP] sort-key */
static int criterion(struct imap_args *a, struct imap_sort *s)
{
	bool reverse = imap_word(a, STR("REVERSE"));
	int r = reverse ? imap_sp(a) : OK;
	if (r != OK)
		return r;
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (imap_word(a, keys[i].name)) {
			add(s, keys[i].key, reverse);
			return OK;
		}
	return imap_args_bad(a, "unknown sort key");
}

/* sort-criteria = "(" sort-criterion *(SP sort-criterion) ")" */
static int criteria(struct imap_args *a, struct imap_sort *s)
{
	int r = imap_sp(a);
	if (r == OK)
		r = imap_char(a, '(');
	if (r != OK)
		return r;
	do {
		r = criterion(a, s);
	} while (r == OK && str_take_char(&a->rest, ' '));
	return r == OK ? imap_char(a, ')') : r;
}

int imap_sort_args(struct imap_args *a, struct imap_sort *ret)
{
	struct imap_sort s = { 0 };
	int r = imap_search_return(a, &s.search);
	if (r == OK)
		r = criteria(a, &s);
	if (r == OK)
		r = imap_search_criteria(a, &s.search);
	if (r == OK)
		*ret = s;
	return r;
}

int imap_thread_args(struct imap_args *a, enum imap_thread_algorithm *ret, struct imap_search *ret_search)
{
	struct imap_search search = { 0 };
	int r = imap_sp(a);
	for (size_t i = 0; r == OK && i < COUNT_OF(algorithms); i++) {
		if (!imap_word(a, algorithms[i].name))
			continue;
		r = imap_search_criteria(a, &search);
		if (r == OK) {
			*ret = algorithms[i].algorithm;
			*ret_search = search;
		}
		return r;
	}
	return r == OK ? imap_args_bad(a, "unknown thread algorithm") : r;
}
