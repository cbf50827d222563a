#!/usr/bin/env bash
# Builds Portunus and starts it.
#   ./run.sh                   on loopback, with the demo pages: open the printed address in Chromium
#   ./run.sh --address IP      a headless server: HTTPS and WSS on one port, with a self-signed
#                              certificate, listening and sending media on exactly this address
#            [--port N] [--media-port N]
# Further arguments (after --) go to portunus itself.
set -euo pipefail
cd "$(dirname "$0")"

address='' port=8443 media=10000
while [ $# -gt 0 ]; do
  case $1 in
    --address) address=${2:?--address needs an IP address}; shift 2 ;;
    --port) port=${2:?}; shift 2 ;;
    --media-port) media=${2:?}; shift 2 ;;
    --) shift; break ;;
    -h|--help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "run.sh: unknown argument '$1' (see --help)" >&2; exit 2 ;;
  esac
done

scripts/deps build
scripts/build portunus

if [ -z "$address" ]; then
  echo
  echo "  Open  http://127.0.0.1:8088/  in Chromium.   Ctrl-C stops the server."
  echo
  exec build/portunus -F conf/demo "$@"
fi

state=.run/$address
mkdir -p "$state"
if [ ! -f "$state/cert.pem" ]; then
  (umask 077
   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 \
     -subj "/CN=$address" -addext "subjectAltName=IP:$address" \
     -keyout "$state/key.pem" -out "$state/cert.pem" 2>/dev/null)
fi
ipv6=false
case $address in *:*) ipv6=true ;; esac
cat > "$state/portunus.jcfg" <<CFG
general: { server_name = "Portunus" }
media: { port = $media; ipv6 = $ipv6 }
nat: { ice_enforce_list = "$address" }
web: { static_folder = "demos"; shared_port = true }
CFG
cat > "$state/portunus.transport.http.jcfg" <<CFG
general: { http = false; https = true; secure_ip = "$address"; secure_port = $port }
certificates: { cert_pem = "$state/cert.pem"; cert_key = "$state/key.pem" }
CFG
cat > "$state/portunus.transport.websockets.jcfg" <<CFG
general: { ws = false; wss = true; wss_ip = "$address"; wss_port = $port }
certificates: { cert_pem = "$state/cert.pem"; cert_key = "$state/key.pem" }
CFG
host=$address
[ "$ipv6" = true ] && host="[$address]"
echo
echo "  Open  https://$host:$port/  and accept the self-signed certificate.   Ctrl-C stops the server."
echo
exec build/portunus -F "$state" "$@"
