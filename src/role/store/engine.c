#include "role/store/engine.h"

int engine_get(struct engine *e, enum engine_space space, struct str key, struct buf *out)
{
	return e->ops->get(e, space, key, out);
}

int engine_scan(struct engine *e, enum engine_space space, struct str from, struct str end, struct engine_iter **ret)
{
	return e->ops->scan(e, space, from, end, ret);
}

int engine_iter_next(struct engine_iter *it) { return it->ops->next(it); }
int engine_iter_seek(struct engine_iter *it, struct str key) { return it->ops->seek(it, key); }

void engine_iter_free(struct engine_iter *it)
{
	if (it)
		it->ops->free(it);
}

int engine_commit(struct engine *e, const struct engine_write *w, size_t n) { return e->ops->commit(e, w, n); }
int engine_recover(struct engine *e) { return e->ops->recover(e); }
int engine_checkpoint(struct engine *e, const char *dir) { return e->ops->checkpoint(e, dir); }
const char *engine_why(struct engine *e) { return e->ops->why(e); }

void engine_close(struct engine *e)
{
	if (e)
		e->ops->close(e);
}
