// The worker side of authenticate.ts.
import { agree } from './agreement.ts'

export default agree
