"""A viewer that this project did not write: GStreamer's webrtcbin, over WHEP.

    whep_player.py URL TOKEN FRAMES [H264|H265] [sound]

Sends an offer that receives H.264, or the codec that is named, plays the answer, decodes, and prints one
line `frames N width W height H rate R` when FRAMES pictures have been decoded,
R being pictures per second by their own time stamps. With sound it offers that too,
plays until a second of it has come as well, and says `heard S` for the samples. Leaves
by DELETE.

GStreamer's own certificate is RSA, which the house does not take (browsers use
ECDSA, RFC 8827 section 6.5); so it is given one that OpenSSL makes.
"""

import re
import subprocess
import sys
import urllib.request
from urllib.parse import urljoin

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

CAPS = {
    "H264": "application/x-rtp,media=video,encoding-name=H264,payload=102,clock-rate=90000,"
    "packetization-mode=(string)1,profile-level-id=(string)42e01f",
    "H265": "application/x-rtp,media=video,encoding-name=H265,payload=103,clock-rate=90000",
}


SOUND = "application/x-rtp,media=audio,encoding-name=PCMA,payload=8,clock-rate=8000"
SAMPLES = 8000

OPENSSL = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
    "-subj /CN=player -keyout - -out -"
)


class Player:
    def __init__(self, url, token, wanted, codec, sound):
        self.codec, self.sound = codec, sound
        self.heard = 0
        self.url, self.token, self.wanted = url, token, wanted
        self.resource = None
        self.stamps = []
        self.size = (0, 0)
        self.loop = GLib.MainLoop()
        self.pem = subprocess.run(OPENSSL.split(), capture_output=True, check=True).stdout.decode()
        printed = subprocess.run(
            "openssl x509 -noout -fingerprint -sha256".split(),
            input=self.pem.encode(), capture_output=True, check=True,
        ).stdout.decode()
        self.fingerprint = printed.strip().split("=")[1]
        self.pipeline = Gst.Pipeline.new()
        self.webrtc = Gst.ElementFactory.make("webrtcbin")
        self.webrtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.webrtc)
        self.webrtc.connect("deep-element-added", self.on_element)
        self.webrtc.connect("pad-added", self.on_pad)
        self.webrtc.connect("notify::ice-gathering-state", self.on_gathered)
        direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
        self.webrtc.emit("add-transceiver", direction, Gst.Caps.from_string(CAPS[codec]))
        if sound:
            self.webrtc.emit("add-transceiver", direction, Gst.Caps.from_string(SOUND))

    def request(self, method, url, body=None):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/sdp"}
        request = urllib.request.Request(url, body, headers, method=method)
        return urllib.request.urlopen(request, timeout=10)

    def play(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        promise = Gst.Promise.new_with_change_func(self.on_offer, None)
        self.webrtc.emit("create-offer", None, promise)
        GLib.timeout_add_seconds(30, self.loop.quit)
        self.loop.run()
        if self.resource:
            self.request("DELETE", self.resource)
        self.pipeline.set_state(Gst.State.NULL)
        if not self.has_all():
            print("frames", len(self.stamps), "of", self.wanted, "heard", self.heard, file=sys.stderr)
            return 1
        span = (self.stamps[-1] - self.stamps[-26]) / Gst.SECOND
        width, height = self.size
        heard = ["heard", self.heard] if self.sound else []
        print("frames", len(self.stamps), "width", width, "height", height, "rate", round(25 / span, 2), *heard)
        return 0

    def has_all(self):
        return len(self.stamps) >= self.wanted and (not self.sound or self.heard >= SAMPLES)

    def on_element(self, _, __, element):
        factory = element.get_factory()
        if factory and factory.get_name() == "dtlsdec":
            element.set_property("pem", self.pem)

    def on_offer(self, promise, _):
        promise.wait()
        # The description lives as long as the reply it is taken from.
        self.reply = promise.get_reply()
        offer = self.reply.get_value("offer")
        self.webrtc.emit("set-local-description", offer, Gst.Promise.new())

    def on_gathered(self, *_):
        state = self.webrtc.get_property("ice-gathering-state")
        if state != GstWebRTC.WebRTCICEGatheringState.COMPLETE or self.resource:
            return
        offer = self.webrtc.get_property("local-description").sdp.as_text()
        # The element has written the offer before it was given the certificate.
        offer = re.sub(r"a=fingerprint:\S+ \S+", f"a=fingerprint:sha-256 {self.fingerprint}", offer)
        with self.request("POST", self.url, offer.encode()) as response:
            if response.status != 201:
                raise SystemExit(f"status {response.status}")
            self.resource = urljoin(self.url, response.headers["Location"])
            text = response.read()
        _, sdp = GstSdp.SDPMessage.new_from_text(text.decode())
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.webrtc.emit("set-remote-description", answer, Gst.Promise.new())

    def on_pad(self, _, pad):
        # A pad may be added before the first packet has told it its caps.
        caps = pad.get_current_caps() or pad.query_caps(None)
        if caps.get_size() and caps.get_structure(0).get_string("media") == "audio":
            return self.on_sound_pad(pad)
        chain = Gst.parse_bin_from_description(
            "rtp{0}depay ! {0}parse ! avdec_{0} ! fakesink name=sink sync=false signal-handoffs=true".format(
                self.codec.lower()
            ),
            True,
        )
        chain.get_by_name("sink").connect("handoff", self.on_picture)
        self.pipeline.add(chain)
        chain.sync_state_with_parent()
        pad.link(chain.get_static_pad("sink"))

    def on_sound_pad(self, pad):
        chain = Gst.parse_bin_from_description(
            "rtppcmadepay ! alawdec ! fakesink name=sink sync=false signal-handoffs=true", True
        )
        chain.get_by_name("sink").connect("handoff", self.on_sound)
        self.pipeline.add(chain)
        chain.sync_state_with_parent()
        pad.link(chain.get_static_pad("sink"))

    def on_sound(self, _, buffer, __):
        self.heard += buffer.get_size() // 2
        if self.has_all():
            self.loop.quit()

    def on_picture(self, _, buffer, pad):
        caps = pad.get_current_caps().get_structure(0)
        self.size = (caps.get_value("width"), caps.get_value("height"))
        self.stamps.append(buffer.pts)
        if self.has_all():
            self.loop.quit()


if __name__ == "__main__":
    Gst.init(None)
    codec = sys.argv[4] if len(sys.argv) > 4 else "H264"
    sound = "sound" in sys.argv[5:]
    sys.exit(Player(sys.argv[1], sys.argv[2], int(sys.argv[3]), codec, sound).play())
