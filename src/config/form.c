/* Shapes of texts that are more than texts. Whether an address is on this host is asked later, by
 * the code that opens sockets; here it only has to be one. */
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/addr.h"
#include "config/schema.h"

static bool consists_of(const char *text, const char *set) {
    return text[0] != '\0' && text[strspn(text, set)] == '\0';
}

static bool is_address(const char *text) {
    struct ptn_addr a;
    return ptn_addr_parse(text, 0, &a) == PTN_OK;
}

static bool is_block(const char *text) { /* an exact address is one of size 1 */
    struct ptn_cidr c;
    return ptn_cidr_parse(text, &c) == PTN_OK;
}

/* "192.168." and "fe80:": what the reference server's lists are made of, at a boundary only. It is
 * one if the rest of an address can follow. */
static bool is_prefix(const char *text) {
    char whole[64];
    if (strncasecmp(text, "::ffff:", 7) == 0 && text[7] != '\0')
        text += 7;
    size_t n = strlen(text);
    if (n < 2 || n > 40)
        return false;
    if (text[n - 1] == ':') {
        snprintf(whole, sizeof whole, "%s:", text);
        return is_address(whole) || is_address(text);
    }
    size_t dots = 0;
    for (size_t i = 0; i < n; i++)
        dots += text[i] == '.';
    static const char *const rest[] = {"", "0.0.0", "0.0", "0"};
    if (text[n - 1] != '.' || dots > 3)
        return false;
    snprintf(whole, sizeof whole, "%s%s", text, rest[dots]);
    return is_address(whole);
}

/* Made of an address's characters: then it is one, or a mistake, but never an interface. */
static bool looks_like_address(const char *text) {
    return consists_of(text, "0123456789.") || strchr(text, '/') ||
           (strchr(text, ':') && consists_of(text, "0123456789abcdefABCDEF:.%"));
}

static bool is_interface(const char *text) { /* the kernel's dev_valid_name */
    size_t n = strlen(text);
    if (n == 0 || n >= IFNAMSIZ || looks_like_address(text) || strcmp(text, "..") == 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (text[i] == '/' || isspace((unsigned char)text[i]) || iscntrl((unsigned char)text[i]))
            return false;
    return true;
}

static bool is_address_or_interface(const char *text) {
    return is_address(text) || is_interface(text);
}

static bool is_acl_item(const char *text) {
    return is_block(text) || is_prefix(text);
}

static bool is_ice_item(const char *text) {
    return is_block(text) || is_prefix(text) || is_interface(text);
}

static bool is_line(const char *text) {
    for (; *text; text++)
        if (iscntrl((unsigned char)*text))
            return false;
    return true;
}

static bool is_url_path(const char *text) {
    return text[0] == '/' && is_line(text) && !strpbrk(text, " ?#") && !strstr(text, "//");
}

static bool is_url(const char *text) {
    bool known = strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
    return known && is_line(text) && !strchr(text, ' ') && strstr(text, "//")[2] != '\0';
}

/* An address that somebody else can be reached at. */
static bool is_reachable(const char *text) {
    struct ptn_addr a;
    return ptn_addr_parse(text, 0, &a) == PTN_OK && !ptn_addr_is_wildcard(&a) &&
           !ptn_addr_is_multicast(&a);
}

/* Between two dots (RFC 1035 2.3.4; underscores for the sake of what is out there). */
static bool is_label(const char *text, size_t n) {
    if (n == 0 || n > 63 || text[0] == '-' || text[n - 1] == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
            return false;
    return true;
}

/* Digits and dots only are an address, or a misspelt one: RFC 1123 2.1. */
static bool is_host(const char *text) {
    if (is_address(text) || looks_like_address(text))
        return is_reachable(text);
    if (strlen(text) >= 254) /* RFC 1035 2.3.4 */
        return false;
    for (const char *p = text;;) {
        size_t n = strcspn(p, ".");
        if (!is_label(p, n))
            return false;
        p += n + (p[n] == '.');
        if (*p == '\0')
            return true;
    }
}

/* "203.0.113.5", or "192.0.2.1=203.0.113.5": of one family, and each a whole address. */
static bool is_mapping(const char *text) {
    char local[PTN_ADDR_TEXT];
    struct ptn_addr from, to;
    const char *equals = strchr(text, '=');
    if (!equals)
        return is_reachable(text);
    if ((size_t)(equals - text) >= sizeof local)
        return false;
    memcpy(local, text, (size_t)(equals - text));
    local[equals - text] = '\0';
    return is_reachable(local) && is_reachable(equals + 1) &&
           ptn_addr_parse(local, 0, &from) == PTN_OK &&
           ptn_addr_parse(equals + 1, 0, &to) == PTN_OK && from.family == to.family;
}

static bool is_folder(const char *text) {
    struct stat st;
    return stat(text, &st) == 0 && S_ISDIR(st.st_mode);
}

const struct ptn_form ptn_form_address = {is_address, "an IP address",
                                          "a numeric IPv4 or IPv6 address without port"};
const struct ptn_form ptn_form_interface = {is_interface, "an interface name",
                                            "the name of one network interface, as in eth0"};
const struct ptn_form ptn_form_address_or_interface = {
    is_address_or_interface, "an IP address or interface name",
    "a numeric address or the name of one network interface"};
const struct ptn_form ptn_form_acl = {
    is_acl_item, "an address, block or prefix",
    "an exact address, a block as in 192.0.2.0/24, or a prefix that ends at a dot or colon as in "
    "192.168."};
const struct ptn_form ptn_form_ice_allow = {
    is_ice_item, "an address, block, prefix or interface",
    "an exact address, a block as in 192.0.2.0/24, an exact interface name, or a prefix that ends "
    "at a dot or colon as in 192.168."};
const struct ptn_form ptn_form_ice_ignore = {
    is_ice_item, "an address, block, prefix or interface",
    "an address, a block as in 192.0.2.0/24, a prefix as in 192.168., or the beginning of an "
    "interface name as in vmnet"};
const struct ptn_form ptn_form_mapping = {
    is_mapping, "a public address or a pair of addresses",
    "a numeric address, or two of one family as in 192.0.2.1=203.0.113.5"};
const struct ptn_form ptn_form_url_path = {is_url_path, "a path of a web address",
                                           "a text that starts with /, as in /janus"};
const struct ptn_form ptn_form_url = {is_url, "a web address",
                                      "a text that starts with http:// or https://"};
const struct ptn_form ptn_form_line = {is_line, "one line of text",
                                       "a text without control characters"};
const struct ptn_form ptn_form_host = {is_host, "a host", "a host name or a numeric address"};
const struct ptn_form ptn_form_folder = {is_folder, "a folder",
                                         "an existing folder, relative to the working directory"};
