/* What a person or a script wants to know. */
#include <stdio.h>
#include <string.h>

#include "load/internal.h"

static double seconds(ptn_time t) {
    return (double)t / (double)PTN_SECOND;
}

static double ms(ptn_time t) {
    return (double)t / (double)PTN_MS;
}

static unsigned clients_up(const struct load *l) {
    unsigned n = 0;
    for (unsigned i = 0; i < l->opt.peers; i++)
        n += l->client[i].step == STEP_UP;
    return n;
}

static unsigned clients_failed(const struct load *l) {
    unsigned n = 0;
    for (unsigned i = 0; i < l->opt.peers; i++)
        n += l->client[i].step == STEP_FAILED;
    return n;
}

/* A script samples the server at these lines. */
void report_phase(struct load *l, const char *phase) {
    struct totals t = load_totals(l);
    FILE *to = l->opt.json && strcmp(l->opt.json, "-") == 0 ? stderr : stdout;
    fprintf(to, "phase=%s t=%.3f up=%u failed=%u sent=%llu echoed=%llu\n", phase,
            seconds(ptn_time_now() - l->started), clients_up(l), clients_failed(l),
            (unsigned long long)t.sent, (unsigned long long)t.received);
    fflush(to);
}

static json_t *delays_json(const struct delays *d) {
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f}", "count", (json_int_t)d->count, "p50",
                     ms(delays_at(d, 0.5)), "p95", ms(delays_at(d, 0.95)), "p99",
                     ms(delays_at(d, 0.99)), "p99.9", ms(delays_at(d, 0.999)), "max", ms(d->max));
}

static json_t *profiles(const struct load *l) {
    json_t *out = json_object();
    for (unsigned i = 0; i < l->opt.peers; i++) {
        const char *p = l->client[i].profile;
        if (p[0])
            json_object_set_new(out, p,
                                json_integer(json_integer_value(json_object_get(out, p)) + 1));
    }
    return out;
}

static double loss_percent(const struct totals *t) {
    return t->counted == 0 ? 0 : 100.0 * (double)t->lost / (double)t->counted;
}

static json_t *report_json(const struct load *l, const struct totals *t) {
    double span = seconds(l->measured_to - l->measured_from);
    json_t *root =
        json_pack("{s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:I}", "peers",
                  (int)l->opt.peers, "failed", (int)clients_failed(l), "sent", (json_int_t)t->sent,
                  "received", (json_int_t)t->received, "lost", (json_int_t)t->lost,
                  "sent_too_early", (json_int_t)t->early, "duplicates", (json_int_t)t->duplicates,
                  "foreign", (json_int_t)t->foreign, "loss_percent", loss_percent(t), "measured_s",
                  span, "measured_echoed", (json_int_t)(l->echoed_at_end - l->echoed_at_start));
    json_object_set_new(root, "audio_delay_ms", delays_json(&l->audio_delay));
    json_object_set_new(root, "video_delay_ms", delays_json(&l->video_delay));
    json_object_set_new(root, "join_ms", delays_json(&l->join_time));
    json_object_set_new(root, "srtp", profiles(l));
    json_object_set_new(root, "keyframes_asked", json_integer((json_int_t)l->keyframes_asked));
    return root;
}

static void print_delays(const char *name, const struct delays *d) {
    if (d->count > 0)
        printf("%s ms: p50 %.2f  p95 %.2f  p99 %.2f  p99.9 %.2f  max %.2f  (%llu)\n", name,
               ms(delays_at(d, 0.5)), ms(delays_at(d, 0.95)), ms(delays_at(d, 0.99)),
               ms(delays_at(d, 0.999)), ms(d->max), (unsigned long long)d->count);
}

static void print_text(const struct load *l, const struct totals *t) {
    printf("peers %u, failed %u; sent %llu, received %llu, lost %llu (%.4f %%), too early %llu, "
           "duplicates %llu, foreign %llu\n",
           l->opt.peers, clients_failed(l), (unsigned long long)t->sent,
           (unsigned long long)t->received, (unsigned long long)t->lost, loss_percent(t),
           (unsigned long long)t->early, (unsigned long long)t->duplicates,
           (unsigned long long)t->foreign);
    print_delays("audio delay", &l->audio_delay);
    print_delays("video delay", &l->video_delay);
    print_delays("join", &l->join_time);
    json_t *all = profiles(l), *n;
    const char *name;
    json_object_foreach(all, name, n) printf("srtp %s: %d\n", name, (int)json_integer_value(n));
    json_decref(all);
}

bool report(struct load *l) {
    struct totals t = load_totals(l);
    bool written = true;
    if (l->opt.json) {
        json_t *root = report_json(l, &t);
        written = strcmp(l->opt.json, "-") == 0
                      ? json_dumpf(root, stdout, JSON_INDENT(2)) == 0
                      : json_dump_file(root, l->opt.json, JSON_INDENT(2)) == 0;
        json_decref(root);
    }
    if (!l->opt.json || strcmp(l->opt.json, "-") != 0)
        print_text(l, &t);
    return written && clients_failed(l) == 0 && loss_percent(&t) <= l->opt.max_loss;
}
