/* Does a name pass for another one with people? By the Unicode confusables (UTS 39), by typing errors, by added words. */
#ifndef PROTO_LOOKALIKE_H
#define PROTO_LOOKALIKE_H

#include "base/base.h"

enum lookalike {
	LOOKALIKE_NOT,          /* also when the names are equal, or of one organisation */
	LOOKALIKE_CONFUSABLE,   /* "exarnple.org", "ехample.org" with Cyrillic letters */
	LOOKALIKE_TYPO,         /* one edit away, or two in a long name */
	LOOKALIKE_WORDS,        /* "example-support.com", "login.example.org.evil.test" */
	LOOKALIKE_ENDING,       /* "example.co" for "example.com" */
};

must_use int lookalike_prepare(void);           /* ICU opens its tables: once, before all else here */
/* Domains in A-labels. A genuine domain whose main label has fewer than four characters is not judged by edits and words. */
enum lookalike lookalike_domain(struct arena *a, struct str domain, struct str genuine);
const char *lookalike_text(enum lookalike kind);
/* Names of people, in UTF-8: equal but for case, spaces, punctuation and confusable letters. */
bool lookalike_name(struct arena *a, struct str one, struct str other);
/* Damerau-Levenshtein distance of two texts of code points, as far as most; most + 1 when it is larger. */
unsigned lookalike_distance(struct str one, struct str other, unsigned most);

#endif
