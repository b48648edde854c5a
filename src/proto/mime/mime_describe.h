/* What the headers of parts say about them. Used by mime_parse. */
#ifndef MIME_DESCRIBE_H
#define MIME_DESCRIBE_H

#include "proto/mime/mime_parse.h"

/* Fills row i, whose parent and header range are known, from its header. */
void mime_describe_part(struct arena *a, struct str message, const struct mime_limits *limits,
                        struct mime_tree *tree, uint32_t i);
/* The boundary of multipart i; the empty view when it has none that can be used. */
struct str mime_describe_boundary(struct arena *a, struct mime_tree *tree, uint32_t i);
/* The flags that follow from the whole tree. */
void mime_describe_tree(struct arena *a, struct mime_tree *tree);

#endif
