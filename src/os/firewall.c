#include "os/firewall.h"

#include "os/fd.h"
#include "os/firewall_internal.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>

enum { COMMAND_MAX = 1 << 28, PIECE = 200 };

/* The answer to "which generation of rules?": asks the kernel whether we may speak to nf_tables at all. libnftables ends the process
 * when it can't have a socket, so this must come first. */
static int ask_generation(int s)
{
	struct { struct nlmsghdr n; struct nfgenmsg g; } ask = {
		.n = { .nlmsg_len = sizeof ask, .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.g = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 },
	};
	struct { struct nlmsghdr n; struct nlmsgerr e; char rest[512]; } answer = { .rest = "" };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	if (sendto(s, &ask, sizeof ask, 0, (struct sockaddr *)&kernel, sizeof kernel) != (ssize_t)sizeof ask)
		return errno == EPERM || errno == EACCES ? E_DENIED : E_IO;
	ssize_t n = recv(s, &answer, sizeof answer, 0);
	if (n < (ssize_t)sizeof answer.n)
		return E_IO;
	if (answer.n.nlmsg_type != NLMSG_ERROR || n < (ssize_t)(sizeof answer.n + sizeof(int)))
		return OK;
	int e = -answer.e.error;
	return e == 0 ? OK : e == EPERM || e == EACCES ? E_DENIED : E_UNSUPPORTED;
}

static int probe(void)
{
	auto_fd s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (s < 0)
		return errno == EPERM || errno == EACCES ? E_DENIED : E_UNSUPPORTED;
	return ask_generation(s);
}

static bool good_instance(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_is_digit(name.p[i]) && name.p[i] != '_' && (name.p[i] < 'a' || name.p[i] > 'z'))
			return false;
	return name.n > 0 && name.n <= FIREWALL_INSTANCE_MAX;
}

int firewall_open(struct str instance, struct firewall **ret)
{
	if (!good_instance(instance))
		return E_SYNTAX;
	int r = probe();
	if (r != OK)
		return r;
	struct firewall *f = mem_new(struct firewall);
	f->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!f->nft || nft_ctx_buffer_output(f->nft) != 0 || nft_ctx_buffer_error(f->nft) != 0) {
		firewall_close(f);
		return E_IO;
	}
	nft_ctx_output_set_flags(f->nft, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_NUMERIC_ALL);
	memcpy(f->table, "ceralacca_", 10);
	memcpy(f->table + 10, instance.p, instance.n);
	buf_init(&f->why, 512);
	*ret = f;
	return OK;
}

void firewall_close(struct firewall *f)
{
	if (!f)
		return;
	if (f->nft)
		nft_ctx_free(f->nft);
	buf_done(&f->why);
	mem_free(f);
}

struct str firewall_why(const struct firewall *f) { return buf_str(&f->why); }

/* The first line of what libnftables says; its kinds are told apart by the kernel's words, the only thing it passes on. */
static int failed(struct firewall *f)
{
	static const struct { struct str words; int err; } kinds[] = {
		{ STR_INIT("Operation not permitted"), E_DENIED }, { STR_INIT("Permission denied"), E_DENIED },
		{ STR_INIT("No such file or directory"), E_NOTFOUND }, { STR_INIT("Operation not supported"), E_UNSUPPORTED },
		{ STR_INIT("No buffer space"), E_TOOBIG }, { STR_INIT("Message too long"), E_TOOBIG },
	};
	struct str all = str_c(nft_ctx_get_error_buffer(f->nft));
	struct str line = str_first(str_until(&all, '\n'), f->why.max);
	buf_clear(&f->why);
	int r = buf_put_str(&f->why, line);
	for (size_t i = 0; r == OK && i < COUNT_OF(kinds); i++)
		if (str_search(line, kinds[i].words) != STR_NPOS)
			return kinds[i].err;
	return E_IO;
}

int firewall_run(struct firewall *f, struct bufw *w)
{
	bufw_char(w, '\0');
	if (w->err != OK)
		return w->err;
	return nft_run_cmd_from_buffer(f->nft, w->b->p) == 0 ? OK : failed(f);
}

bool firewall_can_ban(const struct net_prefix *net)
{
	struct firewall_split s;
	return firewall_split_of(net, &s) == OK;
}

static int check_nets(const struct net_prefix *nets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (nets[i].bits < 1 || nets[i].bits > (nets[i].address.v6 ? 128 : 32))
			return E_SYNTAX;
	return OK;
}

static int check_setup(const struct firewall_setup *setup)
{
	if (setup->port_count < 1 || setup->port_count > FIREWALL_PORTS_MAX)
		return E_SYNTAX;
	int r = check_nets(setup->own, setup->own_count);
	return r == OK ? check_nets(setup->allow, setup->allow_count) : r;
}

/* "add" and "delete" first: so the old one goes whether it was there or not, in the same transaction. */
static void put_removal(struct bufw *w, const struct firewall *f)
{
	bufw_printf(w, "add table inet %s { flags owner; }\ndelete table inet %s\n", f->table, f->table);
}

static int build(struct firewall *f, const struct firewall_setup *setup, size_t bans)
{
	struct buf text;
	struct bufw w = { .b = &text };
	buf_init(&text, COMMAND_MAX);
	put_removal(&w, f);
	firewall_put_table(&w, f->table, setup);
	int r = firewall_put_bans(&w, f->table, setup->bans, bans);
	if (r == OK)
		r = firewall_run(f, &w);
	buf_done(&text);
	return r;
}

/* The kernel limits one transaction to the socket's buffer, which only root of the machine may raise: elsewhere the bans follow in pieces. */
static int build_in_pieces(struct firewall *f, const struct firewall_setup *setup)
{
	int r = build(f, setup, 0);
	for (size_t i = 0; i < setup->ban_count && r == OK; i += PIECE) {
		size_t left = setup->ban_count - i;
		r = firewall_ban(f, setup->bans + i, left < PIECE ? left : PIECE);
	}
	return r;
}

int firewall_build(struct firewall *f, const struct firewall_setup *setup)
{
	int r = check_setup(setup);
	if (r == OK)
		r = build(f, setup, setup->ban_count);
	return r == E_TOOBIG && setup->ban_count > PIECE ? build_in_pieces(f, setup) : r;
}

int firewall_remove(struct firewall *f)
{
	struct buf text;
	struct bufw w = { .b = &text };
	buf_init(&text, 256);
	put_removal(&w, f);
	int r = firewall_run(f, &w);
	buf_done(&text);
	return r;
}

int firewall_ban(struct firewall *f, const struct firewall_ban *bans, size_t n)
{
	struct buf text;
	struct bufw w = { .b = &text };
	int r = OK;
	if (!n)
		return OK;
	buf_init(&text, COMMAND_MAX);
	for (size_t i = 0; i < n && r == OK; i++)
		r = firewall_put_ban(&w, f->table, &bans[i]);
	if (r == OK)
		r = firewall_run(f, &w);
	buf_done(&text);
	return r;
}

int firewall_unban(struct firewall *f, const struct net_prefix *nets, size_t n)
{
	struct buf text;
	struct bufw w = { .b = &text };
	int r = OK;
	if (!n)
		return OK;
	buf_init(&text, COMMAND_MAX);
	for (size_t i = 0; i < n && r == OK; i++)
		r = firewall_put_unban(&w, f->table, &nets[i]);
	if (r == OK)
		r = firewall_run(f, &w);
	buf_done(&text);
	return r;
}
