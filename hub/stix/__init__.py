"""What a STIX 2.1 object is: identifiers, timestamps, markings, envelopes, validity. Pure: values in, values out."""
