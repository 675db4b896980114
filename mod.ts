/**
 * An endpoint of L2TPv3 (RFC 3931) and L2TPv2 (RFC 2661): pseudowires of Ethernet, PPP, HDLC and Frame
 * Relay over UDP or IP, with a control connection or without, between this program and any other that
 * speaks the protocol.
 *
 * ```ts
 * import { openEndpoint } from "@longwire/longwire";
 *
 * const secret = "the same at both ends";
 * const local = { listen: ["udp://127.0.0.1:0"] };
 * await using a = await openEndpoint({ ...local, hostName: "a" });
 * await using b = await openEndpoint({ ...local, hostName: "b", peers: [{ name: "a", secret }] });
 *
 * // b: whoever knows the secret is welcome, and so is every session.
 * const answering = (async () => {
 *   for await (const request of b.connectionRequests()) {
 *     const connection = await request.accept();
 *     for await (const wanted of connection.sessionRequests()) {
 *       return await wanted.accept({ attach: { kind: "streams" } });
 *     }
 *   }
 * })();
 *
 * // a: `{ tap: "lw0", bridge: "br0" }` instead of streams would be an interface of this machine.
 * const port = b.listening[0]?.port;
 * const connection = await a.connect(`127.0.0.1:${port}`, { secret });
 * const session = await connection.openSession({ attach: { kind: "streams" } });
 *
 * const writer = session.writable.getWriter();
 * await writer.write(new Uint8Array(60).fill(0xff));
 * for await (const frame of (await answering)!.readable) {
 *   console.log(frame.length, "octets");
 *   break;
 * }
 * ```
 *
 * See `examples/` for whole programs.
 *
 * @module
 */

export { Attachment } from "./src/endpoint/attachment.ts";
export type { CapturedPacket } from "./src/endpoint/captured_packets.ts";
export type { Capture, CaptureSelection } from "./src/endpoint/capture.ts";
export { ControlConnection, type PeerDescription } from "./src/endpoint/control_connection.ts";
export { Endpoint } from "./src/endpoint/endpoint.ts";
export { openEndpoint } from "./src/endpoint/open_endpoint.ts";
export {
  ControlConnectionError,
  NameResolutionError,
  SessionError,
  SystemError,
} from "./src/endpoint/errors.ts";
export {
  type AcceptSessionOptions,
  ConnectionRequest,
  type RefuseOptions,
  SessionRequest,
} from "./src/endpoint/requests.ts";
export { joinSessions } from "./src/endpoint/joined_sessions.ts";
export { type CloseOptions } from "./src/endpoint/session_parts.ts";
export { Session } from "./src/endpoint/session.ts";
export type { ListenAddress } from "./src/endpoint/addresses.ts";
export type {
  ControlSight,
  EndpointChange,
  EndpointWatcher,
  Refusal,
} from "./src/endpoint/observation.ts";
export type {
  AttachmentOptions,
  InterfaceAttachment,
  InterfacePortAttachment,
  PcapAttachment,
  PtyAttachment,
  SocketAttachment,
  StreamAttachment,
  TapAttachment,
  TunAttachment,
} from "./src/endpoint/attachment_options.ts";
export type {
  ConnectionOptions,
  ConnectOptions,
  EndpointOptions,
  FitOptions,
  LimitOptions,
  OffloadOptions,
  PeerOptions,
  PppOptions,
  RetransmissionOptions,
  SessionOptions,
  StaticSessionOptions,
} from "./src/endpoint/options.ts";
export type {
  FrameRelayOptions,
  PayloadOptions,
  ReorderOptions,
} from "./src/endpoint/payload_options.ts";
export type {
  AuthenticationEvidence,
  ChapEvidence,
  MsChapV2Evidence,
  PapEvidence,
  PppAccess,
  PppAttempt,
  PppAuthentication,
  PppCredential,
  PppGrant,
  PppRefusal,
} from "./src/endpoint/ppp_access.ts";
export type {
  ChannelStatus,
  CircuitState,
  ConnectionStatus,
  Durations,
  EndpointCounters,
  EndpointStatus,
  EndStatus,
  FragmentStatus,
  HelloRoundTrips,
  LifeState,
  PathStatus,
  PppStatus,
  SessionCounters,
  SessionStatus,
} from "./src/endpoint/status.ts";
export type { CallDirection } from "./src/model/call_direction.ts";
export type {
  CallCauses,
  CallInformation,
  PppDisconnectCause,
  ProxyAuthentication,
  ProxyAuthenticationType,
  ProxyLcp,
  Q931Cause,
} from "./src/model/call_information.ts";
export type { CircuitErrors } from "./src/model/circuit_errors.ts";
export type { CloseCause, CloseReason } from "./src/model/close_reason.ts";
export type { Encapsulation, Path, TransportAddress } from "./src/model/path.ts";
export type { SequenceLimits } from "./src/model/sequence_limits.ts";
export type { ProtocolVersion } from "./src/model/identifiers.ts";
export type { HdlcProtocol, VlanTags } from "./src/model/session_descriptor.ts";
export type { PseudowireType } from "./src/model/pseudowire_type.ts";
export type { DataSequencing, L2SpecificSublayer } from "./src/model/session_descriptor.ts";
export type { OuterFragmentation, OversizePolicy, SegmentLimits } from "./src/model/path_fit.ts";
