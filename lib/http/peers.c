#include "http/peers.h"

#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dp_peer_count {
	uint8_t address[16];
	uint32_t n; /* 0: free */
};

int
dp_peers_init(struct dp_peers *p, size_t n)
{
	size_t size = 64;

	while (size < 2 * n)
		size *= 2;
	p->mask = size - 1;
	p->table = calloc(size, sizeof *p->table);
	return p->table == NULL ? -1 : 0;
}

void
dp_peers_fini(struct dp_peers *p)
{
	free(p->table);
	p->table = NULL;
}

static size_t
place_of(const struct dp_peers *p, const uint8_t address[16])
{
	uint64_t a, b;

	memcpy(&a, address, sizeof a);
	memcpy(&b, address + sizeof a, sizeof b);
	a = (a ^ b) * 0x9e3779b97f4a7c15u;
	return (size_t)(a >> 32) & p->mask;
}

static size_t
find(const struct dp_peers *p, const uint8_t address[16])
{
	size_t i = place_of(p, address);

	while (
	    p->table[i].n != 0 && memcmp(p->table[i].address, address, 16) != 0)
		i = (i + 1) & p->mask;
	return i;
}

bool
dp_peers_add(struct dp_peers *p, const struct dp_peer *a, uint64_t max)
{
	struct dp_peer_count *c;

	if (p->table == NULL || !a->known)
		return true;
	c = &p->table[find(p, a->address)];
	if (c->n >= max)
		return false;
	memcpy(c->address, a->address, sizeof c->address);
	c->n++;
	return true;
}

void
dp_peers_remove(struct dp_peers *p, const struct dp_peer *a)
{
	size_t hole, i;

	if (p->table == NULL || !a->known)
		return;
	hole = find(p, a->address);
	if (p->table[hole].n == 0 || --p->table[hole].n > 0)
		return;
	/* What stands behind a hole and belongs in front of it moves up. */
	for (i = (hole + 1) & p->mask; p->table[i].n != 0;
	     i = (i + 1) & p->mask) {
		const size_t home = place_of(p, p->table[i].address);

		if (((i - home) & p->mask) < ((i - hole) & p->mask))
			continue;
		p->table[hole] = p->table[i];
		p->table[i].n = 0;
		hole = i;
	}
}

void
dp_peer_of(struct dp_peer *a, const struct sockaddr_storage *from)
{
	memset(a, 0, sizeof *a);
	if (from->ss_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof in);
		a->address[10] = a->address[11] = 0xff;
		memcpy(a->address + 12, &in.sin_addr, 4);
		a->known = true;
	} else if (from->ss_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, from, sizeof in6);
		memcpy(a->address, &in6.sin6_addr, sizeof a->address);
		a->known = true;
	}
}

void
dp_peer_text(const struct dp_peer *a, char text[DP_PEER_TEXT])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (!a->known)
		(void)snprintf(text, DP_PEER_TEXT, "unix");
	else if (memcmp(a->address, mapped, sizeof mapped) == 0)
		(void)inet_ntop(AF_INET, a->address + 12, text, DP_PEER_TEXT);
	else
		(void)inet_ntop(AF_INET6, a->address, text, DP_PEER_TEXT);
}
