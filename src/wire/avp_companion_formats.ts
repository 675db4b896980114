/**
 * Formats of AVPs that companion RFCs define (REQUIREMENTS section 13.6); those of RFC 3931 and
 * RFC 2661 are in `avp_formats.ts`.
 *
 * Read RFC 3145 §2, RFC 4951 §5, RFC 5515 §4 and RFC 5085 §6 first.
 */

import type { PppDisconnectCause } from "../model/call_information.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import { type AvpFormat, text } from "./avp_formats.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";

/** PPP Disconnect Cause Code AVP: three numbers and text. */
export const pppDisconnectCause: AvpFormat<PppDisconnectCause> = {
  decode: (reader, version) => ({
    code: reader.u16(),
    controlProtocol: reader.u16(),
    direction: reader.u8(),
    text: text.decode(reader, version),
  }),
  encode: (writer, value, version) => {
    writer.u16(value.code);
    writer.u16(value.controlProtocol);
    writer.u8(value.direction);
    text.encode(writer, value.text, version);
  },
};

/** Failover Capability AVP (RFC 4951 §5.1). */
export interface FailoverCapability {
  readonly bits: number;
  readonly recoveryTimeMs: number;
}

/** Failover Capability AVP: bits and a time. */
export const failoverCapability: AvpFormat<FailoverCapability> = {
  decode: (reader) => ({ bits: reader.u16(), recoveryTimeMs: reader.u32() }),
  encode: (writer, value) => {
    writer.u16(value.bits);
    writer.u32(value.recoveryTimeMs);
  },
};

/** Two identifiers after a reserved word: Tunnel Recovery, Failover Session State (RFC 4951 §5). */
export interface IdentifierPair {
  readonly localId: number;
  readonly remoteId: number;
}

/** A reserved word and two identifiers. */
export const identifierPair: AvpFormat<IdentifierPair> = {
  decode: (reader) => {
    reader.u16();
    return { localId: reader.u32(), remoteId: reader.u32() };
  },
  encode: (writer, value) => {
    writer.u16(0);
    writer.u32(value.localId);
    writer.u32(value.remoteId);
  },
};

/** Suggested Control Sequence AVP (RFC 4951 §5.3). */
export interface ControlSequence {
  readonly ns: number;
  readonly nr: number;
}

/** Suggested Control Sequence AVP: a reserved word, Ns and Nr. */
export const controlSequence: AvpFormat<ControlSequence> = {
  decode: (reader) => {
    reader.u16();
    return { ns: reader.u16(), nr: reader.u16() };
  },
  encode: (writer, value) => {
    writer.u16(0);
    writer.u16(value.ns);
    writer.u16(value.nr);
  },
};

/** ATM Alarm Status AVP (RFC 4454 §5.3). */
export interface AtmAlarmStatus {
  readonly reason: number;
  readonly alarm: number;
}

/** ATM Alarm Status AVP: two numbers. */
export const atmAlarmStatus: AvpFormat<AtmAlarmStatus> = {
  decode: (reader) => ({ reason: reader.u16(), alarm: reader.u16() }),
  encode: (writer, value) => {
    writer.u16(value.reason);
    writer.u16(value.alarm);
  },
};

/** VCCV Capability AVP (RFC 5085 §6.3): bit sets of 13.8. */
export interface VccvCapability {
  readonly controlChannels: number;
  readonly verifications: number;
}

/** VCCV Capability AVP: two sets of bits. */
export const vccvCapability: AvpFormat<VccvCapability> = {
  decode: (reader) => ({ controlChannels: reader.u8(), verifications: reader.u8() }),
  encode: (writer, value) => {
    writer.u8(value.controlChannels);
    writer.u8(value.verifications);
  },
};

/** Connect Speed Update AVP (RFC 5515 §4): speeds in bit/s. */
export interface ConnectSpeedUpdate {
  readonly remoteSessionId: number;
  readonly tx: bigint;
  readonly rx: bigint;
}

/** Each version has its own widths of session identifier and speed. */
const SPEED_UPDATES: Readonly<Record<ProtocolVersion, AvpFormat<ConnectSpeedUpdate>>> = {
  2: {
    decode: (reader: ByteReader) => {
      reader.u16();
      return {
        remoteSessionId: reader.u16(),
        tx: BigInt(reader.u32()),
        rx: BigInt(reader.u32()),
      };
    },
    encode: (writer: ByteWriter, value: ConnectSpeedUpdate) => {
      writer.u16(0);
      writer.u16(value.remoteSessionId);
      writer.u32(Number(value.tx));
      writer.u32(Number(value.rx));
    },
  },
  3: {
    decode: (reader: ByteReader) => ({
      remoteSessionId: reader.u32(),
      tx: reader.u64(),
      rx: reader.u64(),
    }),
    encode: (writer: ByteWriter, value: ConnectSpeedUpdate) => {
      writer.u32(value.remoteSessionId);
      writer.u64(value.tx);
      writer.u64(value.rx);
    },
  },
};

/** Connect Speed Update AVP, in the form of the message's version. */
export const connectSpeedUpdate: AvpFormat<ConnectSpeedUpdate> = {
  decode: (reader, version) => SPEED_UPDATES[version].decode(reader, version),
  encode: (writer, value, version) => SPEED_UPDATES[version].encode(writer, value, version),
};
