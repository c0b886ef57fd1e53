// The parts that the data schemas of renderers share (renderers/definitions.json): audio files and stretches of them.
import { Type } from '@sinclair/typebox'
import { DIALECT, SCHEMA_BASE } from '../definitions.ts'
import { AUDIO_DATA_URL_PATTERN, WEB_ADDRESS_PATTERN } from '../patterns.ts'

/** The shared definitions, known to the schemas of renderers as `./definitions.json`. */
export const RendererDefinitions = Type.Unsafe<Record<string, unknown>>({
  $schema: DIALECT,
  $id: `${SCHEMA_BASE}renderers/definitions.json`,
  description: 'Parts that the data schemas of renderers share.',
  definitions: {
    segmentOffsetSeconds: Type.Object({
      offset: Type.Number({ minimum: 0, description: 'Where the segment begins, in seconds from the start of the recording.' }),
      duration: Type.Number({ minimum: 0, description: 'How long the segment is, in seconds.' })
    }, { description: 'A stretch of a recording, in seconds.' }),
    remoteAudioFile: Type.String({ pattern: WEB_ADDRESS_PATTERN, description: 'Web address of a recording.' }),
    localAudioFile: Type.String({ pattern: AUDIO_DATA_URL_PATTERN, description: 'A recording as a base64 data URL.' }),
    audioFile: {
      description: 'A recording, by web address or as a data URL.',
      oneOf: [
        { $ref: '#/definitions/remoteAudioFile' },
        { $ref: '#/definitions/localAudioFile' }
      ]
    }
  }
})

/** Reference to an audio file. */
export const AudioFile = Type.Unsafe<string>({
  $ref: './definitions.json#/definitions/audioFile',
  description: 'The recording to play, by web address or as a base64 data URL.'
})
