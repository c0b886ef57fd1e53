// Why a step goes to a device, and what a device lacks: what the server says in English, in the present language as far as it is known here.
import { named } from './known.ts'
import { texts } from './texts.ts'

/** Why a device was chosen, by what the server says. */
const becauses: Record<string, () => string> = {
  'it was asked for': () => texts.askedFor,
  'it has been there': () => texts.beenThere,
  'it is there already': () => texts.thereAlready,
  'it was named to take over': () => texts.namedToTakeOver,
  'it has the best score': () => texts.bestScore,
  'it has taken over': () => texts.hasTakenOver,
  'it could run it, but is not online; no other device can take over': () => texts.keptOffline,
  'no device is known': () => texts.noDevice,
  'the module is not there any more': () => texts.moduleGone
}

/** What a device lacks, and what cures it; the pattern's groups are given to the words. */
const lacks: ReadonlyArray<readonly [pattern: RegExp, words: (...groups: string[]) => string, cure: () => string]> = [
  [/^lacks (.*)$/s, what => texts.lacks(what), () => texts.lacksCure],
  [/^is blacklisted$/, () => texts.isBlacklisted, () => texts.isBlacklistedCure],
  [/^is offline(?: \((.*)\))?$/s, why => texts.isOffline(why), () => texts.isOfflineCure],
  [/^is suspect(?: \((.*)\))?$/s, why => texts.isSuspect(why), () => texts.isOfflineCure],
  [/^has too little memory$/, () => texts.littleMemory, () => texts.littleMemoryCure],
  [/^has not the label (.*)$/s, label => texts.lacksLabel(label), () => texts.lacksLabelCure],
  [/^has this function of the deployment already$/, () => texts.hasFunction, () => texts.otherDeviceCure],
  [/^has another module of that name in the deployment$/, () => texts.hasModule, () => texts.otherDeviceCure],
  [/^does not pass the check of risks: (.*)$/s, why => texts.tooRisky(why), () => texts.tooRiskyCure],
  [/^has not said yet what it can do$/, () => texts.notDescribedYet, () => texts.notDescribedYetCure],
  [/^is the server itself/, () => texts.isServer, () => ''],
  [/^is a device: services of the server/, () => texts.isNoServer, () => '']
]

const find = (reason: string) => lacks.find(([pattern]) => pattern.test(reason))

/** Why a device was chosen. */
export function Because ({ because }: { because: string }) {
  const words = becauses[because]
  return words === undefined ? <span lang='en'>{because}</span> : <>{words()}</>
}

/** One thing that a device lacks. */
export function Reason ({ reason }: { reason: string }) {
  const found = find(reason)
  if (found === undefined) return <span lang='en'>{reason}</span>
  const [pattern, words] = found
  return <>{words(...(pattern.exec(reason) ?? []).slice(1))}</>
}

/** What one can do about what devices lack, each thing once. */
export function curesOf (reasons: readonly string[]): readonly string[] {
  return [...new Set(reasons.map(reason => find(reason)?.[2]() ?? '').filter(cure => cure !== ''))]
}

/** Whether what is lacking is only that the server itself is no device. */
export const isAboutServer = (reason: string) => reason.startsWith('is the server itself')

/** What the server says of a condition, by its reason. */
const conditionReasons: Record<string, () => string> = {
  Placed: () => texts.reasonPlaced,
  NotPlaced: () => texts.reasonNotPlaced,
  Leaving: () => texts.leaving,
  Stopped: () => texts.notWanted,
  DeviceFailed: () => texts.reasonDeviceFailed,
  AllDevicesReady: () => texts.reasonAllReady,
  Deploying: () => texts.reasonDeploying,
  DeviceLost: () => texts.reasonDeviceLost,
  AsPlaced: () => texts.reasonAsPlaced,
  Accepted: () => texts.reasonAccepted,
  DoesNotPass: () => texts.reasonDoesNotPass
}

/** Why a condition is so. */
export function ConditionReason ({ reason, names }: { reason: string, names: ReadonlyMap<string, string> }) {
  const words = conditionReasons[reason]
  return words === undefined ? <span lang='en'>{named(reason, names)}</span> : <>{words()}</>
}
