# Keys and certificates of one stage, in pki/. Elliptic curves, because RSA keys would take longer than the API server.
# shellcheck shell=bash

# Makes pki/$1.key and pki/$1.crt with subject $2, for every name and address that a part is called by.
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "pki/$1.key" -out "pki/$1.csr" -subj "$2"
  openssl x509 -req -in "pki/$1.csr" -CA pki/ca.crt -CAkey pki/ca.key -CAcreateserial -days 30 -out "pki/$1.crt" \
    -extfile <(printf 'subjectAltName=%s' "DNS:localhost,DNS:node1,DNS:kubernetes,DNS:kubernetes.default.svc,\
IP:127.0.0.1,IP:10.96.0.1,IP:10.77.0.1")
}

write_pki() {
  mkdir -p pki
  {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
      -keyout pki/ca.key -out pki/ca.crt -subj /CN=stage-ca
    certificate api /CN=kube-apiserver
    certificate admin /O=system:masters/CN=admin
    # Group and name are what the Node authorizer knows a kubelet by.
    certificate node /O=system:nodes/CN=system:node:node1
    openssl ecparam -name prime256v1 -genkey -noout -out pki/sa.key
    openssl ec -in pki/sa.key -pubout -out pki/sa.pub
  } >pki/log 2>&1 || { cat pki/log >&2; exit 1; }
}
