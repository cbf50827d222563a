#include "transports/web/ws_accept.h"

#include <libwebsockets.h>
#include <string.h>

/* 16 bytes of base64: 22 characters and two '='. */
static bool key_ok(struct ptn_bytes key) {
    if (key.n != 24 || key.p[22] != '=' || key.p[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++) {
        uint8_t c = key.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && c != '+' && c != '/')
            return false;
    }
    return true;
}

bool ws_accept_of(struct ptn_bytes key, char out[WS_ACCEPT_TEXT]) {
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t text[24 + sizeof guid - 1], digest[20];
    if (!key_ok(key))
        return false;
    memcpy(text, key.p, 24);
    memcpy(text + 24, guid, sizeof guid - 1);
    lws_SHA1(text, sizeof text, digest);
    return lws_b64_encode_string((const char *)digest, sizeof digest, out, WS_ACCEPT_TEXT) == 28;
}
