"""A camera with motors that this project did not write: the ONVIF service of ipycam (MIT).

    onvif_camera.py FOLDER USER WORD [heard]

FOLDER holds the package. Its pictures need OpenCV and are not asked for, so that stands
empty. With `heard` it answers probes on the network of 127.0.0.1. Prints `port N`; a line of
input is answered with where the camera is.
"""

import json
import sys
import tempfile
import types
from http.server import ThreadingHTTPServer
from os import chdir
from threading import Thread
from types import SimpleNamespace

folder, user, word = sys.argv[1:4]
heard = sys.argv[4:] == ["heard"]
# Places that it keeps go into the working folder.
chdir(tempfile.mkdtemp(prefix="betang-onvif-"))
for name in ("cv2", "numpy"):
    module = types.ModuleType(name)
    module.ndarray = module.uint8 = object
    sys.modules[name] = module
package = types.ModuleType("ipycam")
package.__path__ = [f"{folder}/ipycam"]
sys.modules["ipycam"] = package

from ipycam.config import CameraConfig  # noqa: E402
from ipycam.discovery import WSDiscoveryServer  # noqa: E402
from ipycam.http import IPCameraHTTPHandler  # noqa: E402
from ipycam.onvif import ONVIFService  # noqa: E402
from ipycam.ptz import PTZController  # noqa: E402

config = CameraConfig(username=user, password=word)
ptz = PTZController()
camera = SimpleNamespace(config=config, ptz=ptz, onvif=ONVIFService(config, ptz))


class Handler(IPCameraHTTPHandler):
    def log_message(self, *words):
        pass


Handler.camera = camera
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
config.local_ip, config.onvif_port = "127.0.0.1", server.server_port
Thread(target=server.serve_forever, daemon=True).start()
if heard:
    WSDiscoveryServer(camera.onvif).start()
print(f"port {server.server_port}", flush=True)
for _ in sys.stdin:
    print(json.dumps(ptz.get_status()), flush=True)
