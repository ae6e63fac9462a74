"""STIX 2.1 objects: identifiers, timestamps, markings, envelopes, validity. Pure: values in, values out."""
