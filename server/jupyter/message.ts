/** The channels of a kernel that carry messages (the heartbeat carries bare bytes). */
export type Channel = "shell" | "control" | "stdin" | "iopub";

/** https://jupyter-client.readthedocs.io/en/stable/messaging.html#message-header, spelled as on the wire. */
export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
  readonly subshell_id?: string | null;
}

export type JsonObject = { readonly [key: string]: unknown };

/**
 * A message of the Jupyter protocol. What a kernel sends is untrusted: `content` may be anything,
 * and kernels exist that omit `date`, send `null` metadata or an empty parent header.
 */
export interface Message {
  readonly channel: Channel;
  readonly header: Header;
  /** `{}` becomes an empty `msg_id`, so that a message without a parent matches no execution. */
  readonly parentHeader: { readonly msg_id: string; readonly msg_type?: string; readonly session?: string };
  readonly metadata: JsonObject;
  readonly content: JsonObject;
  readonly buffers: readonly Uint8Array[];
}

/** What we send: the transport adds session, date and signature. */
export interface OutgoingMessage {
  readonly channel: "shell" | "control" | "stdin";
  readonly msgId: string;
  readonly msgType: string;
  readonly content: JsonObject;
  readonly metadata?: JsonObject;
  /** The header of the request that an `input_reply` or `comm_msg` answers. */
  readonly parentHeader?: JsonObject;
}
