/*
 * metrics: what the runs have counted, for the textfile collector of
 * Prometheus' node_exporter.
 *
 * Source: Prometheus, "Exposition formats", the text format 0.0.4.
 *
 *     dp_load_count_total{name="loaded"}      counters: the file that is
 *                                             there is read, and added to
 *     dp_load_last_run_timestamp_seconds      gauges
 *     dp_load_last_run_duration_seconds
 *     dp_load_last_run_exit_status
 *     dp_load_last_success_timestamp_seconds  exit 0 or 1; kept by a run
 *                                             that fails
 *
 * The file is written beside its name and renamed: a reader sees the old one
 * or the new one, whole.  Killed before, the run is in no count.  What is no
 * regular file, a device or a pipe, is written to where it is.
 */
#ifndef DP_APP_METRICS_H
#define DP_APP_METRICS_H

struct dp_app;
struct dp_err;

/* Whether it can be written, as far as that is known before. */
int dp_metrics_check(const struct dp_app *app, struct dp_err *err);

/* Writes the file of --metrics-file, if there is one. */
int dp_metrics_write(const struct dp_app *app, struct dp_err *err);

#endif
