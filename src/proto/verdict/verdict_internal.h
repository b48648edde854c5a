/* Shared by the files of the evaluator. */
#ifndef PROTO_VERDICT_INTERNAL_H
#define PROTO_VERDICT_INTERNAL_H

#include "proto/verdict/verdict.h"

/* The first detail given to a mark stays. */
void verdict_mark(struct verdict *v, enum verdict_mark mark, struct str detail);
/* What stands in the header, before DNS is asked (verdict_author.c); and what needs its answers. */
void verdict_author_look(struct verdict *v);
void verdict_author_judge(struct verdict *v);
/* Action, override and reason (verdict_decide.c). */
void verdict_decide(struct verdict *v);

#endif
