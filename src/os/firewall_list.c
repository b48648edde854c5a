/* Reading the sets back. libnftables gives JSON; one set at a time. */
#include "os/firewall.h"

#include "os/firewall_internal.h"

#include <jansson.h>
#include <nftables/libnftables.h>

/* An element is "192.0.2.1", or an object around it with "expires", the seconds that are left. */
static int read_element(const json_t *element, const struct firewall_length *length, struct firewall_ban *ret)
{
	struct firewall_ban ban = { .net.bits = length->bits };
	const json_t *inner = json_object_get(element, "elem"), *expires = json_object_get(inner, "expires");
	const char *text = json_string_value(inner ? json_object_get(inner, "val") : element);
	if (!text || net_parse(str_c(text), 0, &ban.net.address) != OK || ban.net.address.v6 != length->v6)
		return E_CORRUPT;
	if (expires)
		ban.seconds = (uint32_t)json_integer_value(expires) + 1;
	*ret = ban;
	return OK;
}

struct listing { struct arena *a; struct firewall_ban *bans; size_t count, cap; };

static int read_set(const json_t *root, const struct firewall_length *length, struct listing *l)
{
	const json_t *object, *element;
	size_t i, k;
	json_array_foreach(json_object_get(root, "nftables"), i, object) {
		const json_t *elements = json_object_get(json_object_get(object, "set"), "elem");
		json_array_foreach(elements, k, element) {
			struct firewall_ban ban;
			if (l->count == FIREWALL_LIST_MAX)
				return E_TOOBIG;
			int r = read_element(element, length, &ban);
			if (r != OK)
				return r;
			*(struct firewall_ban *)arena_push(l->a, &l->bans, &l->count, &l->cap, sizeof ban) = ban;
		}
	}
	return OK;
}

static int list_set(struct firewall *f, const struct firewall_length *length, struct listing *l)
{
	struct buf text;
	struct bufw w = { .b = &text };
	buf_init(&text, 256);
	bufw_printf(&w, "list set inet %s ban%c_%u\n", f->table, length->v6 ? '6' : '4', length->bits);
	int r = firewall_run(f, &w);
	buf_done(&text);
	if (r != OK)
		return r;
	json_t *root = json_loads(nft_ctx_get_output_buffer(f->nft), 0, NULL);
	r = root ? read_set(root, length, l) : E_CORRUPT;
	json_decref(root);
	return r;
}

int firewall_list(struct firewall *f, struct arena *a, struct firewall_ban **ret, size_t *ret_n)
{
	struct listing l = { .a = a };
	for (size_t i = 0; i < FIREWALL_LENGTHS; i++) {
		int r = list_set(f, &firewall_lengths[i], &l);
		if (r != OK)
			return r;
	}
	*ret = l.bans;
	*ret_n = l.count;
	return OK;
}
