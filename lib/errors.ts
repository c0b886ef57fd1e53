// The registry of errors: every refusal and failure that Tutti names, with its code, its HTTP status and, in the message, the cause and the cure.
import createError from '@fastify/error'

/** The configuration has a wrong value; the process does not start. Arguments: variable, value, what is allowed. */
export const ConfigurationError = createError<[string, string, string]>('TUTTI_CONFIGURATION', '%s=%s is not allowed: it must be %s', 500)

/** The services file cannot be used; the process does not start. Arguments: path, reason with its cure. */
export const ServicesFileError = createError<[string, string]>('TUTTI_SERVICES_FILE', 'SERVICES_FILE %s cannot be used: %s', 500)

/** The body is no JSON text. Argument: what is wrong. */
export const MalformedBodyError = createError<[string]>('TUTTI_MALFORMED_BODY', 'The body cannot be read as JSON: %s. Send one JSON object.', 400)

/** The body is not the text that its charset promises. Argument: charset. */
export const MalformedTextError = createError<[string]>('TUTTI_MALFORMED_TEXT', 'The body is not valid %s. Encode the JSON text as the charset says, UTF-8 if none is named.', 400)

/** The compressed body cannot be inflated. Argument: content encoding. */
export const MalformedEncodingError = createError<[string]>('TUTTI_MALFORMED_ENCODING', 'The body cannot be decompressed as %s. Compress it whole, or send it plain.', 400)

/** Keys that exist to pollute prototypes are refused. */
export const ForbiddenKeyError = createError('TUTTI_FORBIDDEN_KEY', 'The body has a key that is not allowed (__proto__, or constructor with prototype inside). Leave it out.', 400)

/** One of the lists in a request is absurdly long. Arguments: member, limit. */
export const TooManyItemsError = createError<[string, number]>('TUTTI_TOO_MANY_ITEMS', '%s has more than %s entries. Send fewer.', 413)

/** The body is larger than MAX_BODY. Argument: the limit in bytes. */
export const BodyTooLargeError = createError<[number]>('TUTTI_BODY_TOO_LARGE', 'The body is larger than %s bytes. Send a smaller graphic, or ask the operator to raise MAX_BODY.', 413)

/** A charset other than the UTF family. Argument: charset. */
export const UnsupportedCharsetError = createError<[string]>('TUTTI_UNSUPPORTED_CHARSET', 'The charset %s is not supported. Send UTF-8, UTF-16 or UTF-32.', 415)

/** A content encoding other than gzip and deflate. Argument: content encoding. */
export const UnsupportedEncodingError = createError<[string]>('TUTTI_UNSUPPORTED_ENCODING', 'The content encoding %s is not supported. Use gzip, deflate or none.', 415)

/** A body takes more time or memory to read than any honest one does. */
export const BodyTooHardError = createError('TUTTI_BODY_TOO_HARD', 'The body takes too long or too much memory to read. Send a simpler body: fewer and less deeply nested values.', 413)

/** The bytes of a connection are no HTTP request. */
export const MalformedRequestError = createError('TUTTI_MALFORMED_REQUEST', 'This is not an HTTP/1.1 request that can be read. Send one with correct headers; if there is a proxy in front of the server, look there first.', 400)

/** A request took too long to arrive. */
export const RequestTimeoutError = createError('TUTTI_REQUEST_TIMEOUT', 'The request took too long to arrive. Send it faster, or ask the operator to raise HEADERS_TIMEOUT or RECEIVE_TIMEOUT.', 408)

/** The headers of a request, its path among them, are larger than the server reads. */
export const HeadersTooLargeError = createError('TUTTI_HEADERS_TOO_LARGE', 'The headers of the request are too large. Send fewer or shorter ones, and a shorter path.', 431)

/** Too much is waiting already. */
export const ServerBusyError = createError('TUTTI_SERVER_BUSY', 'The server has too much to do. Try again in a moment.', 503)

/** Nothing is known about the services yet. Arguments: cause, cure. */
export const ServicesUnknownError = createError<[string, string]>('TUTTI_SERVICES_UNKNOWN', 'The server does not know its services yet: %s. %s', 503)

/** The client closed the connection before it had its answer; nobody reads this one. */
export const ClientGoneError = createError('TUTTI_CLIENT_GONE', 'The client has gone.', 499)

/** The server is ending and takes nothing new. */
export const ServerClosingError = createError('TUTTI_SERVER_CLOSING', 'The server is stopping. Send the request again on a new connection.', 503)

/** Whoever asks for an operator's page does not send the operator's token. */
export const OperatorTokenWrongError = createError('TUTTI_OPERATOR_TOKEN_WRONG', 'This is for operators. Send Authorization: Bearer with the value of OPERATOR_TOKEN, or with a JWT that is valid now where the server takes those.', 401)

/** There is no operator's token, and whoever asks may be anybody. */
export const OperatorClosedError = createError('TUTTI_OPERATOR_CLOSED', 'This is for operators. Set OPERATOR_TOKEN and send it as Authorization: Bearer; without it only the machine itself is answered, by its own name, by a server that listens on loopback.', 403)

/** The query of /topology asks for what there is not. */
export const TopologyQueryError = createError('TUTTI_TOPOLOGY_QUERY', 'The query is not understood. Send format=json or format=mermaid, and as route one that the topology names.', 400)

/** A JWT is good, but whoever holds it is no operator. */
export const OperatorRoleMissingError = createError('TUTTI_OPERATOR_ROLE_MISSING', 'This is for operators, and the token does not have their role. Send one with the role that AUTH_OPERATOR_ROLE names.', 403)

/** The keys that a JWT is checked with cannot be had. */
export const OperatorKeysUnavailableError = createError('TUTTI_OPERATOR_KEYS_UNAVAILABLE', 'The token cannot be checked now: the keys of the identity provider cannot be had. Try again in a moment; the operator looks at AUTH_JWKS_URL.', 503)

/** Too many requests of one kind from one address. */
export const TooManyRequestsError = createError('TUTTI_TOO_MANY_REQUESTS', 'Too many requests of this kind came from this address. Try again after as many seconds as Retry-After says.', 429)

/** There is no place for one more graphic now; its body has not been read. */
export const OverloadedError = createError('TUTTI_OVERLOADED', 'The server has as many requests as it can hold. Try again in a moment; the operator looks at MAX_REQUESTS and MAX_INFLIGHT.', 503)

/** The path of a request cannot be decoded. */
export const MalformedPathError = createError('TUTTI_MALFORMED_PATH', 'The path of the request cannot be read. Send one whose percent signs are each followed by two hexadecimal digits of UTF-8.', 400)

/** The event loop is behind with its work; the body has not been read. */
export const EventLoopBehindError = createError('TUTTI_EVENT_LOOP_BEHIND', 'The server is behind with its work. Try again in a moment; the operator looks at tutti_event_loop_delay_seconds and MAX_EVENT_LOOP_DELAY.', 503)

/** The certificate or its key cannot be used; the process does not start. Arguments: variable, path, reason. */
export const CertificateError = createError<[string, string, string]>('TUTTI_CERTIFICATE', '%s %s cannot be used: %s. Use a certificate and its own key, both as PEM, in files that the server may read.', 500)

/** A page of an origin that is not among TRACKING_ORIGINS wants to connect. */
export const TrackingOriginError = createError('TUTTI_TRACKING_ORIGIN', 'Pages of this origin may not connect. Use a page of another, or ask the operator to add this one to TRACKING_ORIGINS.', 403)

/** The version of the WebSocket protocol is none that the server speaks. */
export const TrackingVersionError = createError('TUTTI_TRACKING_VERSION', 'The version of the WebSocket protocol must be 13. Send Sec-WebSocket-Version: 13.', 426)

/** The handshake of a WebSocket has no key. */
export const TrackingKeyError = createError('TUTTI_TRACKING_KEY', 'The handshake is not complete. Send Sec-WebSocket-Key with 16 bytes in Base64.', 400)

/** A client wants to track something with a camera that has no processor. */
export const TrackingUnknownCameraError = createError('TUTTI_TRACKING_UNKNOWN_CAMERA', 'No processor is registered for this camera. Try again when one is.', 404)

/** A message is about an object that is not tracked. */
export const TrackingUnknownObjectError = createError('TUTTI_TRACKING_UNKNOWN_OBJECT', 'No object with this number is tracked. It may have been stopped, or its time may be up. Send the number of one that is.', 404)

/** As much is tracked as there is room for. */
export const TrackingFullError = createError('TUTTI_TRACKING_FULL', 'There is no room for this. Try again when other objects have been stopped; the operator looks at TRACKING_MAX_OBJECTS and TRACKING_MAX_BYTES.', 503)

/** What servers share cannot be reached. */
export const TrackingUnavailableError = createError('TUTTI_TRACKING_UNAVAILABLE', 'The server cannot do this now. Try again in a moment; the operator looks at REDIS_URL.', 503)

/** A message of a client or processor is not taken. Argument: what is wrong. */
export const TrackingMessageError = createError<[string]>('TUTTI_TRACKING_MESSAGE', 'The message is not taken: %s. Send one as /docs/tracking says.', 400)

/** The token of a client or processor is not accepted. */
export const TrackingTokenError = createError('TUTTI_TRACKING_TOKEN', 'The token is not accepted. Send one that is valid now, for the audience and with the role that this side needs.', 401)

/** GET /timelines does not say of which object. TrackTech has words of its own for it. */
export const TimelineObjectMissingError = createError('TUTTI_TIMELINE_OBJECT_MISSING', 'The parameter objectId is missing. Send the number of an object in it.', 400)

/** There is no timeline of that object. TrackTech has words of its own for it. */
export const TimelineUnknownError = createError('TUTTI_TIMELINE_UNKNOWN', 'An object of that number has not been seen, or nothing of it is kept any more. Send a number that /objectIds has, of an object that was seen.', 400)

/** The query of /timelines asks for what there is not. */
export const TimelineQueryError = createError('TUTTI_TIMELINE_QUERY', 'The query is not understood. Send from and to as ISO 8601 or milliseconds since 1970, limit as a number from 1 to 10000, cursor as a page gave it, and times=iso or times=local.', 400)

/** The keys that a token of a client is checked with cannot be had. */
export const TrackingKeysUnavailableError = createError('TUTTI_TRACKING_KEYS_UNAVAILABLE', 'The token cannot be checked now: the keys of the identity provider cannot be had. Try again in a moment; the operator looks at TRACKING_JWKS_URL.', 503)

/** The folder of objects that are tracked cannot be used safely; the process does not start. Arguments: path, reason with its cure. */
export const TrackingFolderError = createError<[string, string]>('TUTTI_TRACKING_FOLDER', 'The folder of tracked objects %s cannot be used: %s', 500)

/** A device sends a token that is none, or no more. */
export const DeviceTokenWrongError = createError('TUTTI_DEVICE_TOKEN_WRONG', 'This is no enrolment token, or it has ended. Send one that the operator gives as Authorization: Bearer.', 401)

/** A page of another origin asks a browser on this machine to change something here. */
export const ForeignPageError = createError('TUTTI_FOREIGN_PAGE', 'A page of another origin may not do this without a token. Use a page of this server, or send Authorization: Bearer.', 403)
