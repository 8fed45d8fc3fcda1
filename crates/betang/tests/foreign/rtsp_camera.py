"""A camera that this project did not write: GStreamer's RTSP server.

Serves /main (1280x720) and /sub (640x360), 25 pictures a second, a key frame
every two seconds, H.264. With sound it hums at 440 Hz. Its clients share what it
encodes, unless they are kept apart. Prints `port N` once it listens on loopback.

    rtsp_camera.py [--port N] [--user NAME --password WORD] [--codec h264|mjpeg]
                   [--sound pcma|pcmu|aac] [--apart]
"""

import argparse

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

# RTSP_AUTH_DIGEST of gstrtspdefs.h; the bindings name it differently by version.
DIGEST = 2
PIPELINE = (
    "( videotestsrc is-live=true pattern=ball ! "
    "video/x-raw,format=I420,width={width},height={height},framerate=25/1 ! {encoder} {sound} )"
)
ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate={kbps} key-int-max=50 ! "
    "video/x-h264,profile=baseline ! rtph264pay name=pay0 pt=96 config-interval=-1",
    "mjpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}
SOUND = (
    "audiotestsrc is-live=true freq=440 volume=0.5 ! audio/x-raw,rate={rate},channels=1 ! {encoder}"
)
SOUNDS = {
    None: "",
    "pcma": SOUND.format(rate=8000, encoder="alawenc ! rtppcmapay name=pay1"),
    "pcmu": SOUND.format(rate=8000, encoder="mulawenc ! rtppcmupay name=pay1"),
    "aac": SOUND.format(rate=16000, encoder="avenc_aac ! rtpmp4gpay name=pay1 pt=97"),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", default="0")
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    parser.add_argument("--codec", choices=ENCODERS, default="h264")
    parser.add_argument("--sound", choices=[sound for sound in SOUNDS if sound])
    parser.add_argument("--apart", action="store_true")
    args = parser.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(args.port)
    if args.user:
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth.add_digest(args.user, args.password, token)
        server.set_auth(auth)
    for path, width, height, kbps in (("/main", 1280, 720, 1500), ("/sub", 640, 360, 300)):
        factory = GstRtspServer.RTSPMediaFactory()
        encoder = ENCODERS[args.codec].format(kbps=kbps)
        sound = SOUNDS[args.sound]
        factory.set_launch(
            PIPELINE.format(width=width, height=height, encoder=encoder, sound=sound)
        )
        # One that is shared describes itself once, with what its first client set up; a
        # camera that hears is asked twice. One that loses all its clients at once while
        # others come may end in an assertion of the library (gst_rtsp_media_get_rates).
        factory.set_shared(not args.sound and not args.apart)
        if args.user:
            role = Gst.Structure.new_empty("viewer")
            role.set_value("media.factory.access", True)
            role.set_value("media.factory.construct", True)
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_role_from_structure(role)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(path, factory)
    server.attach(None)
    print("port", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
