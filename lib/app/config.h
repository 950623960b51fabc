/*
 * config: the configuration file, one JSON object for all programs.
 *
 * The file is $DATAPIPE_CNF, else /etc/datapipe.json if it is there.  Keys
 * are the long names of options with _ for -; an object under a program's
 * name ("dp-load") holds what is for that program alone, and wins.  The
 * keys of the origin's settings file are known, in either case.  A key that
 * no program has, or a value of the wrong type, is DP_CONFIG.
 */
#ifndef DP_APP_CONFIG_H
#define DP_APP_CONFIG_H

struct dp_err;
struct dp_opt_set;
struct dp_config; /* opaque: owns the texts that the settings point to */

/* Reads the file into set. */
struct dp_config *dp_config_read(struct dp_opt_set *set, struct dp_err *err);
const char *dp_config_path(const struct dp_config *c); /* "" for none */
void dp_config_free(struct dp_config *c);

/* True when any program has an option of that long name (app/keys.c). */
int dp_config_known(const char *long_name);

#endif
