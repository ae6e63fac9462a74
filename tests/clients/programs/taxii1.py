"""Run where cabby and libtaxii are installed: what each of them says of a hub whose address is the argument, on stdout."""

import json
import sys

import cabby
import libtaxii.clients
import libtaxii.messages_11


def main(url: str, user: str, key: str) -> None:
    host, _, port = url.removeprefix("http://").rstrip("/").partition(":")
    words = {}
    client = cabby.create_client(host, port=int(port), discovery_path="/taxii2/", use_https=False)
    client.set_auth(username=user, password=key)
    try:
        words["cabby"] = str(client.discover_services())
    except Exception as error:  # noqa: BLE001 - whatever it is, its words are what is asked for
        words["cabby"] = f"{type(error).__name__}: {error}"
    http = libtaxii.clients.HttpClient(auth_type=libtaxii.clients.HttpClient.AUTH_BASIC)
    http.set_auth_credentials({"username": user, "password": key})
    message = libtaxii.messages_11.DiscoveryRequest(libtaxii.messages_11.generate_message_id())
    answer = http.call_taxii_service2(host, "/taxii2/", libtaxii.VID_TAXII_XML_11, message.to_xml(), port=int(port))
    words["libtaxii"] = f"{type(answer).__name__}: {answer} {answer.read().decode() if hasattr(answer, 'read') else ''}"
    json.dump(words, sys.stdout)


main(*sys.argv[1:])
