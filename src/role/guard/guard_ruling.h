/* The rules in force: those that ship, or signed ones that were given at run time. */
#ifndef ROLE_GUARD_GUARD_RULING_H
#define ROLE_GUARD_GUARD_RULING_H

#include "ipc/conf.h"
#include "proto/guard/guard_rules.h"

enum { RULING_SIGNATURE = 64, RULING_TEXT_MAX = 60 << 10 };

/* Checks the Ed25519 signature of the text (RFC 8032) under conf's guard.rules_key, then reads the rules. On failure *reterr tells why. */
must_use int ruling_check(const struct conf *c, struct str text, struct str signature, struct guard_rules *ret, struct buf *reterr);

#endif
