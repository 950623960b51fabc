/* peers: how many connections each address has (--per-ip). */
#ifndef DP_HTTP_PEERS_H
#define DP_HTTP_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_peer {
	uint8_t address[16]; /* IPv6, or IPv4 mapped into it */
	bool known;          /* false: a unix socket */
};

struct dp_peers {
	struct dp_peer_count *table; /* NULL: nothing is counted */
	size_t mask;
};

/* Room for n addresses.  0, or -1: no memory. */
int dp_peers_init(struct dp_peers *p, size_t n);
void dp_peers_fini(struct dp_peers *p);

/* True, and counted, unless the address has max already. */
bool dp_peers_add(struct dp_peers *p, const struct dp_peer *a, uint64_t max);
void dp_peers_remove(struct dp_peers *p, const struct dp_peer *a);

struct sockaddr_storage;
void dp_peer_of(struct dp_peer *a, const struct sockaddr_storage *from);

/* "127.0.0.1", "::1" or "unix". */
#define DP_PEER_TEXT 64
void dp_peer_text(const struct dp_peer *a, char text[DP_PEER_TEXT]);

#endif
