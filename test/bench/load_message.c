#include "load.h"

#include <stdio.h>
#include <string.h>

static const char *const words[] = {
	"account", "report", "meeting", "please", "server", "project", "delivery", "Thursday", "invoice", "customer", "regards",
	"attached", "document", "schedule", "review", "update", "network", "budget", "quarter", "planning", "release", "question",
	"answer", "travel", "hotel", "the", "and", "for", "with", "that", "this", "from", "have", "will", "your", "about", "would",
	"there", "their", "when", "which", "could", "other", "after", "first", "also", "people", "over", "letter", "wax", "seal",
};

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static const char *word(uint64_t *state) { return words[next(state) % (sizeof words / sizeof *words)]; }

static size_t header(char *out, size_t room, unsigned long seed, long number, const char *recipient, uint64_t *state)
{
	int n = snprintf(out, room,
		"Received: from mx%ld.client.example (mx%ld.client.example [192.0.2.%ld])\r\n"
		"\tby relay.client.example with ESMTPS id %08lx\r\n"
		"\tfor <%s>; Tue, 3 Mar 2026 10:%02ld:%02ld +0000\r\n"
		"From: \"Sender %ld\" <sender@client.example>\r\nTo: <%s>\r\nSubject: %s %s %s %ld\r\n"
		"Date: Tue, 3 Mar 2026 10:%02ld:%02ld +0000\r\nMessage-ID: <%lx.%ld@client.example>\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n",
		number % 7, number % 7, number % 250 + 1, (unsigned long)number * 2654435761UL & 0xffffffffUL, recipient,
		number / 60 % 60, number % 60, number % 977, recipient, word(state), word(state), word(state), number,
		number / 60 % 60, number % 60, seed, number);
	return n < 0 ? 0 : (size_t)n;
}

size_t message_make(char *out, size_t size, unsigned long seed, long number, const char *recipient)
{
	uint64_t state = (uint64_t)number * 0x9e3779b97f4a7c15ULL + seed * 7919 + 1;
	next(&state);
	size_t n = header(out, size + 1024, seed, number, recipient, &state), column = 0;
	while (n + 16 < size) {
		const char *w = word(&state);
		for (; *w; w++, column++)
			out[n++] = *w;
		if (column > 66) {
			out[n++] = '\r';
			out[n++] = '\n';
			column = 0;
		} else {
			out[n++] = ' ';
		}
	}
	out[n++] = '\r';
	out[n++] = '\n';
	return n;
}
