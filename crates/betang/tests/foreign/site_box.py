"""A box that shares no code with the house: OpenSSL for its key and request, Python's
own TLS for the line.

    site_box.py HOST PORT CODE FOLDER

Asks to be let in until it is, then renews its certificate with the one it got, and
prints what it saw as JSON. FOLDER receives key.pem, cert.pem and chain.pem.
"""

import base64
import http.client
import json
import ssl
import subprocess
import sys

host, port, code, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def openssl(*args, given=None):
    return subprocess.run(["openssl", *args], input=given, check=True, capture_output=True).stdout


def line(with_papers):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if with_papers:
        context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    return http.client.HTTPSConnection(host, port, context=context, timeout=30)


def post(path, body, with_papers=False):
    connection = line(with_papers)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said


openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{folder}/key.pem")
request = openssl("req", "-new", "-key", f"{folder}/key.pem", "-subj", "/CN=asing", "-outform", "DER")
asked = {"code": code, "request": base64.b64encode(request).decode()}

status, first = post("/edge/v1/enrol", asked)
print(json.dumps({"status": status, "said": first}), flush=True)
if status != 200:
    sys.exit(0)
# Whoever lets boxes in says so on the standard input.
sys.stdin.readline()
status, told = post("/edge/v1/enrol", asked)
certificate = base64.b64decode(told["certificate"]["der"])
pem = ssl.DER_cert_to_PEM_cert(certificate)
open(f"{folder}/cert.pem", "w").write(pem)
status, renewed = post("/edge/v1/renew", {"request": asked["request"]}, with_papers=True)
print(json.dumps({"status": status, "said": renewed, "text": openssl(
    "x509", "-noout", "-text", given=pem.encode()).decode()}), flush=True)
