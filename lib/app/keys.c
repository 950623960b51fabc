/*
 * The long names of all options of all programs: one configuration file
 * serves them all, so each must know the others' keys to tell a mistyped
 * one.  tests/docs compares this list with every --help.
 */
#include <stddef.h>

#include "app/config.h"

static const char *const keys[] = {
	"access-log",
	"admin-listen",
	"all-errors",
	"answer-timeout",
	"any",
	"any-value",
	"batch-bytes",
	"batch-records",
	"before",
	"chain-timeout",
	"compat",
	"compatible",
	"count",
	"create",
	"dead",
	"draft",
	"dry-run",
	"dup-keys",
	"every",
	"evolve",
	"explain",
	"explain-schema",
	"extra",
	"fetch-refs",
	"fetch-time",
	"fix",
	"follow",
	"force",
	"formats",
	"from-rejects",
	"group",
	"html",
	"idle-timeout",
	"jobs",
	"keep-age",
	"keep-bytes",
	"key",
	"ledger",
	"lines",
	"linger",
	"listen",
	"map",
	"max-body",
	"max-bytes",
	"max-conns",
	"max-dead",
	"max-depth",
	"max-events",
	"max-memory",
	"max-record",
	"max-rejects",
	"max-tries",
	"min-free",
	"min-interval",
	"missing",
	"nul",
	"on-conflict",
	"once",
	"output",
	"peek",
	"per-ip",
	"port",
	"prometheus",
	"refs",
	"rejects",
	"report",
	"retry-for",
	"reuse-port",
	"rule-memory",
	"rule-time",
	"schemas",
	"segment-bytes",
	"settle",
	"show",
	"source",
	"strict",
	"swap",
	"table",
	"tag",
	"tee",
	"tight",
	"time-unit",
	"timeout",
	"token-file",
	"type",
	"type-key",
	"unplanned",
	"unread-ok",
	"unsafe-fs",
	"wait",
	"where",
	"workers",
	"yes",
};

int
dp_config_known(const char *long_name)
{
	size_t i, k;

	for (i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		for (k = 0; long_name[k] != '\0' &&
		     (long_name[k] == '_' ? '-' : long_name[k]) == keys[i][k];
		     k++)
			;
		if (long_name[k] == '\0' && keys[i][k] == '\0')
			return 1;
	}
	return 0;
}
