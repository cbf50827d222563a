/* Portunus: listens exactly where its configuration says, or does not run and says why. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/report.h"
#include "main/internal.h"

#ifndef PTN_COMMIT
#define PTN_COMMIT "unknown"
#endif

/* The first three lines are what tools look for (config.md 3). */
static void print_banner(void) {
    printf("Janus version: 1402 (1.4.2)\n"
           "Janus commit: %s\n"
           "Compiled on:  %s\n"
           "Portunus version: %s\n\n",
           PTN_COMMIT, __DATE__ " " __TIME__, PTN_VERSION);
    fflush(stdout);
}

static ptn_err configure_log(const struct ptn_config *cfg) {
    const struct ptn_config_file *core = ptn_config_file(cfg, "core");
    struct ptn_log_config log = {
        .level = (enum ptn_log_level)ptn_config_int(core, "general.debug_level"),
        .to_stdout = ptn_config_bool(core, "general.log_to_stdout"),
        .timestamps = ptn_config_bool(core, "general.debug_timestamps"),
        .colors = ptn_config_bool(core, "general.debug_colors"),
        .prefix = ptn_config_str(core, "general.log_prefix"),
        .file = ptn_config_str(core, "general.log_to_file"),
    };
    ptn_err err = ptn_log_configure(&log);
    if (err != PTN_OK)
        fprintf(stderr, "portunus: cannot open the log file %s: %s\n", log.file, strerror(errno));
    return err;
}

static int serve(const struct ptn_config *cfg, const struct plan *plan,
                 const struct ptn_options *options) {
    const char *pidfile = ptn_config_str(ptn_config_file(cfg, "core"), "general.pid_file");
    char why[512];
    print_banner();
    if (configure_log(cfg) != PTN_OK)
        return 1;
    if (pidfile && pidfile_write(pidfile, why, sizeof why) != PTN_OK) {
        fprintf(stderr, "portunus: %s\n", why);
        return 1;
    }
    int status = server_run(cfg, plan, options->mode == PTN_RUN_PRINT_SOCKETS);
    if (pidfile)
        pidfile_remove(pidfile);
    ptn_log_close();
    return status;
}

static void print_and_free(char *text) {
    fputs(text, stdout);
    free(text);
}

/* What was asked for on standard output; problems that are not part of it on standard error. */
static void report(const struct ptn_options *options, const struct ptn_config *cfg,
                   const struct ptn_problems *problems) {
    enum ptn_report_style style = options->as_json ? PTN_REPORT_JSON : PTN_REPORT_TEXT;
    if (options->mode == PTN_RUN_COMPAT_REPORT)
        print_and_free(ptn_config_compat(cfg, problems, style));
    else if (options->mode == PTN_RUN_CHECK_CONFIG && options->as_json)
        print_and_free(ptn_config_problems_json(problems));
    else
        ptn_problems_print(problems, options->mode == PTN_RUN_CHECK_CONFIG ? stdout : stderr);
    if (options->mode == PTN_RUN_DUMP_CONFIG)
        print_and_free(ptn_config_dump(cfg, style));
}

static int check_and_serve(const struct ptn_options *options) {
    struct ptn_problems *problems = ptn_problems_new();
    struct ptn_config *cfg = ptn_config_load(options, problems);
    struct plan plan;
    plan_make(&plan, cfg, problems);
    bool only_report = options->mode != PTN_RUN_SERVE && options->mode != PTN_RUN_PRINT_SOCKETS;
    report(options, cfg, problems);
    int status = EXIT_CONFIG;
    if (ptn_problems_errors(problems) > 0)
        fprintf(stderr, "portunus: %zu error%s in the configuration: nothing has been opened\n",
                ptn_problems_errors(problems), ptn_problems_errors(problems) == 1 ? "" : "s");
    else if (only_report)
        status = 0;
    else
        status = serve(cfg, &plan, options);
    plan_done(&plan);
    ptn_config_free(cfg);
    ptn_problems_free(problems);
    return status;
}

static int write_samples(const char *folder) {
    char why[512];
    if (ptn_config_write_samples(folder, why, sizeof why) == PTN_OK)
        return 0;
    fprintf(stderr, "portunus: %s\n", why);
    return 1;
}

static int explain(const struct ptn_options *options) {
    char *text;
    bool found = ptn_config_explain(options->argument,
                                    options->as_json ? PTN_REPORT_JSON : PTN_REPORT_TEXT, &text);
    fputs(text, found || options->as_json ? stdout : stderr);
    free(text);
    return found ? 0 : 1;
}

int main(int argc, char **argv) {
    struct ptn_options options;
    char why[512];
    memory_setup();
    if (ptn_options_parse(argc, argv, &options, why, sizeof why) != PTN_OK) {
        fprintf(stderr, "portunus: %s\n", why);
        return 1;
    }
    switch (options.mode) {
    case PTN_RUN_HELP:
        ptn_options_usage(argv[0]);
        return 0;
    case PTN_RUN_VERSION:
        print_banner();
        return 0;
    case PTN_RUN_WRITE_SAMPLES:
        return write_samples(options.argument);
    case PTN_RUN_EXPLAIN:
        return explain(&options);
    case PTN_RUN_SERVE:
    case PTN_RUN_CHECK_CONFIG:
    case PTN_RUN_DUMP_CONFIG:
    case PTN_RUN_COMPAT_REPORT:
    case PTN_RUN_PRINT_SOCKETS:
        break;
    }
    return check_and_serve(&options);
}
