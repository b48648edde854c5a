#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static SSL_CTX *tls;

double load_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void conn_setup(void)
{
	tls = SSL_CTX_new(TLS_client_method());
	if (!tls)
		exit(2);
	SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
}

static int connect_once(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		close(fd);
		return -1;
	}
	int on = 1;
	struct timeval wait = { .tv_sec = 60 };
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	return fd;
}

struct conn *conn_open(int port, bool use_tls, double deadline)
{
	struct conn *c = calloc(1, sizeof *c);
	if (!c)
		exit(2);
	while ((c->fd = connect_once(port)) < 0 && load_now() < deadline)
		usleep(2000);
	if (c->fd < 0) {
		free(c);
		return NULL;
	}
	if (use_tls && conn_start_tls(c) != 0) {
		conn_close(c);
		return NULL;
	}
	return c;
}

int conn_start_tls(struct conn *c)
{
	c->ssl = SSL_new(tls);
	if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1)
		return -1;
	SSL_set_tlsext_host_name(c->ssl, "mail.example.test");
	return SSL_connect(c->ssl) == 1 ? 0 : -1;
}

void conn_close(struct conn *c)
{
	if (!c)
		return;
	if (c->ssl) {
		SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	close(c->fd);
	free(c);
}

int conn_write(struct conn *c, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t k = c->ssl ? SSL_write(c->ssl, bytes, (int)n) : send(c->fd, bytes, n, MSG_NOSIGNAL);
		if (k <= 0)
			return -1;
		bytes += k;
		n -= (size_t)k;
	}
	return 0;
}

static int fill(struct conn *c)
{
	if (c->at == c->filled)
		c->at = c->filled = 0;
	ssize_t k = c->ssl ? SSL_read(c->ssl, c->data + c->filled, (int)(sizeof c->data - c->filled))
			   : recv(c->fd, c->data + c->filled, sizeof c->data - c->filled, 0);
	if (k <= 0)
		return -1;
	c->filled += (size_t)k;
	return 0;
}

int conn_line(struct conn *c, char *line, size_t most)
{
	size_t n = 0;
	for (;;) {
		if (c->at == c->filled && fill(c) != 0)
			return -1;
		char *start = c->data + c->at, *end = memchr(start, '\n', c->filled - c->at);
		size_t piece = end ? (size_t)(end - start) : c->filled - c->at;
		size_t keep = piece < most - 1 - n ? piece : most - 1 - n;
		for (size_t i = 0; i < keep; i++)
			line[n++] = start[i];
		c->at += piece + (end ? 1 : 0);
		if (end) {
			line[n > 0 && line[n - 1] == '\r' ? n - 1 : n] = 0;
			return 0;
		}
	}
}

int conn_skip(struct conn *c, size_t n)
{
	while (n > 0) {
		size_t have = c->filled - c->at < n ? c->filled - c->at : n;
		c->at += have;
		n -= have;
		if (n > 0 && fill(c) != 0)
			return -1;
	}
	return 0;
}

int smtp_reply(struct conn *c)
{
	char line[512];
	do {
		if (conn_line(c, line, sizeof line) != 0)
			return -1;
	} while (strlen(line) > 3 && line[3] == '-');
	return (int)strtoul(line, NULL, 10);
}

int smtp_command(struct conn *c, const char *format, ...)
{
	char line[1024];
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(line, sizeof line - 2, format, arguments);
	va_end(arguments);
	if (n < 0 || n > (int)sizeof line - 3)
		return -1;
	line[n++] = '\r';
	line[n++] = '\n';
	return conn_write(c, line, (size_t)n) == 0 ? smtp_reply(c) : -1;
}

static size_t literal_size(const char *line)
{
	size_t n = strlen(line);
	if (n < 3 || line[n - 1] != '}')
		return 0;
	const char *open = strrchr(line, '{');
	return open ? strtoul(open + 1, NULL, 10) : 0;
}

int imap_finish(struct conn *c, const char *tag, long *ret_messages, size_t *ret_bytes)
{
	char line[16384];
	size_t tag_size = strlen(tag);
	while (conn_line(c, line, sizeof line) == 0) {
		const char *status = strstr(line, "MESSAGES ");
		if (ret_messages && status && line[0] == '*')
			*ret_messages = strtol(status + 9, NULL, 10);
		size_t literal = literal_size(line);
		if (ret_bytes)
			*ret_bytes += strlen(line) + 2 + literal;
		if (literal > 0 && conn_skip(c, literal) != 0)
			return -1;
		if (strncmp(line, tag, tag_size) == 0 && line[tag_size] == ' ')
			return strncmp(line + tag_size + 1, "OK", 2) == 0 ? 0 : -1;
		if (line[0] == '+')
			return 0;
	}
	return -1;
}

struct conn *imap_open(int port, const struct user *u, double deadline)
{
	char line[1024];
	struct conn *c = conn_open(port, true, deadline);
	if (!c)
		return NULL;
	int n = snprintf(line, sizeof line, "l LOGIN \"%s\" \"%s\"\r\n", u->name, u->password);
	char greeting[512];
	if (conn_line(c, greeting, sizeof greeting) != 0 || conn_write(c, line, (size_t)n) != 0 ||
	    imap_finish(c, "l", NULL, NULL) != 0) {
		conn_close(c);
		return NULL;
	}
	return c;
}

long imap_messages(struct conn *c)
{
	static const char command[] = "s STATUS INBOX (MESSAGES)\r\n";
	long messages = -1;
	if (conn_write(c, command, sizeof command - 1) != 0 || imap_finish(c, "s", &messages, NULL) != 0)
		return -1;
	return messages;
}
